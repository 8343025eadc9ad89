// The start-of-day page, kept up to date in place: what the helper has the focus on stays where it is.

const EVERY_MS = 2000;
/** What changes as devices are used; none of it holds anything that can have the focus. */
const CHANGING = "[data-live]";

/**
 * Put what *fresh* says in place of what this page says, where that differs: what is the same is not announced again.
 * @param {Document} fresh
 */
function update(fresh) {
  const said = fresh.querySelectorAll(CHANGING);
  document.querySelectorAll(CHANGING).forEach((old, at) => {
    const now = said[at];
    if (now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
  });
}

/** Ask for this page as a document: the one way to parse HTML that makes no script of it. */
function ask() {
  const request = new XMLHttpRequest();
  request.responseType = 'document';
  request.onload = () => request.status === 200 && request.responseXML && update(request.responseXML);
  request.onloadend = () => setTimeout(ask, EVERY_MS);
  request.open('GET', location.href);
  request.timeout = EVERY_MS;
  request.send();
}

setTimeout(ask, EVERY_MS);
