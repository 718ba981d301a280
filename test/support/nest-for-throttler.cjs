module.exports = globalThis[Symbol.for('chatapi.test.nest')];
