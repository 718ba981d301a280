/**
 * An element with its properties and children. Text stays text: nothing here, or anywhere in these pages, is parsed as
 * markup.
 * @param {Record<string, unknown>} properties attributes, but `on…` are listeners and `class` is the class
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (typeof value === 'boolean') made.toggleAttribute(key, value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Puts the elements into the list in this order, and touches none that is in its place: screen readers read new ones. */
export function arrange(list, elements) {
  elements.forEach((one, place) => {
    if (list.children[place] !== one) list.insertBefore(one, list.children[place] ?? null);
  });
  while (list.children.length > elements.length) list.lastElementChild.remove();
}

/** Sets the text where it differs, for the same reason. */
export function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}
