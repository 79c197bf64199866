/** Making and finding elements. Text is always set as text: nothing that came from traffic can become markup. */

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => Array.from(from.querySelectorAll(selector));

/** An element with a class and children; texts become text nodes. */
export function make(name, className = '', ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An SVG element with attributes. */
export function draw(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Sets a text only where it differs: a screen reader and a selection are not disturbed for nothing. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A group of buttons of which one is pressed. */
export function pressOne(group, pressed) {
  for (const button of $$('button', group)) button.setAttribute('aria-pressed', String(button === pressed));
}
