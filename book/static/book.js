// Copies what a block types, and lets the keyboard scroll what is wider than the page.

'use strict';

const NAMES = [['table', 'Table'], ['img', 'Picture']];
const SAID_MILLISECONDS = 2000;

async function copy(button) {
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    said = 'Not copied';
  }
  button.textContent = said;
  setTimeout(() => { button.textContent = 'Copy'; }, SAID_MILLISECONDS);
}

function nameOf(box) {
  const caption = box.closest('.block')?.querySelector('.block-caption');
  return caption?.textContent.trim() || NAMES.find(([inside]) => box.querySelector(inside))?.[1] || 'Code';
}

function letTheKeyboardScroll() {
  for (const box of document.querySelectorAll('pre, .table-wrapper, .pictures')) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
      box.setAttribute('role', 'group');
      box.setAttribute('aria-label', nameOf(box));
    } else {
      box.removeAttribute('tabindex');
      box.removeAttribute('role');
      box.removeAttribute('aria-label');
    }
  }
}

for (const button of document.querySelectorAll('button.copy')) {
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', () => copy(button));
}
letTheKeyboardScroll();
addEventListener('resize', letTheKeyboardScroll);

// A page that was opened as a file may not read others, so a result has no line of its page's text.
if (location.protocol === 'file:') {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// Parts have chapters of the same number, so a result says which part it is of.
const results = document.getElementById('search-results');

function nameTheParts() {
  for (const link of results.querySelectorAll('li > a:not([data-part])')) {
    const folders = link.getAttribute('href').split('/').slice(0, -1);
    link.dataset.part = folders[0] ?? '';
    if (folders.length) {
      link.append(` (${folders[0]})`);
    }
  }
}

if (results) {
  new MutationObserver(nameTheParts).observe(results, {childList: true, subtree: true});
}
