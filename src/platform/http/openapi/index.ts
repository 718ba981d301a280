export * from './document.js';
export * from './pages.js';
