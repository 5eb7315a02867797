'use strict';
// The page works without this. With it, it shows what is new by itself, and copies commands.
(() => {
  const root = document.documentElement;
  root.classList.add('js');

  // MARK: Copying

  document.addEventListener('click', async (event) => {
    const button = event.target.closest('button.copy');
    if (!button) return;
    if (await copied(button.dataset.copy)) {
      const word = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = word; }, 1500);
    } else {
      select(button.previousElementSibling);
    }
  });

  // Browsers give the clipboard to pages of a secure origin only.
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  }

  // The next best: what is selected is copied with a key.
  function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  // MARK: Changing what is shown

  // Makes one element like another, so that focus, selection and what is open stay where nothing changed.
  function morph(old, fresh) {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || (old.id || '') !== (fresh.id || '')) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    // A button that says "copied" says so for its time.
    if (old.matches('button.copy')) return;
    morphChildren(old, fresh);
  }

  function morphChildren(old, fresh) {
    const known = new Map();
    for (const child of old.children) if (child.id) known.set(child.id, child);
    let place = old.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      const found = wanted.id && known.get(wanted.id);
      if (found) {
        if (found !== place) old.insertBefore(found, place);
        const next = found.nextSibling;
        morph(found, wanted);
        place = next;
      } else if (place && !(place.id && place.nodeType === Node.ELEMENT_NODE) && place.nodeName === wanted.nodeName && !wanted.id) {
        const next = place.nextSibling;
        morph(place, wanted);
        place = next;
      } else {
        old.insertBefore(wanted, place);
      }
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  // A screen reader is told of another state, but not of every number that moves.
  const state = () => document.getElementById('sentence').textContent.replace(/[0-9][0-9.,]*/g, '');
  let known = document.getElementById('sentence') ? state() : '';
  function say() {
    if (state() === known) return;
    known = state();
    document.getElementById('said').textContent = document.getElementById('sentence').textContent;
  }

  function show(sections) {
    for (const [id, html] of Object.entries(sections)) {
      const old = document.getElementById(id);
      const fresh = new DOMParser().parseFromString(html, 'text/html').body.firstElementChild;
      if (old && fresh && fresh.id === id) morph(old, fresh);
    }
    say();
    const troubles = document.querySelectorAll('#health.ill, #health.warn').length ? troublesShown() : 0;
    document.title = (troubles ? `(${troubles}) ` : '') + 'dlr-relay';
  }

  function troublesShown() {
    return 1 + document.querySelectorAll('#health .findings li.ill, #health .findings li.warn').length;
  }

  // MARK: Being told

  const stamp = () => document.getElementById('stamp');
  if (!stamp()) return;
  // Nothing for so long, in milliseconds, and the connection is taken for lost.
  const silenceMax = 12000;
  const retryAfter = 30000;
  let source = null;
  let lastHeard = 0;
  let isFull = false;

  function start() {
    stop();
    if (document.hidden) return;
    lastHeard = Date.now();
    source = new EventSource('/status/events' + location.search);
    source.addEventListener('sections', (event) => {
      lastHeard = Date.now();
      isFull = false;
      show(JSON.parse(event.data));
      mark(true);
    });
    source.addEventListener('error', () => {
      mark(false);
      // Refused: the browser does not ask again by itself.
      if (source && source.readyState === EventSource.CLOSED) {
        isFull = true;
        mark(false);
        stop();
        setTimeout(start, retryAfter);
      }
    });
  }

  function stop() {
    if (source) source.close();
    source = null;
  }

  function mark(isLive) {
    const element = stamp();
    element.classList.toggle('is-live', isLive);
    element.classList.toggle('is-lost', !isLive);
    const { live, lost, reload } = element.dataset;
    element.querySelector('.word').textContent = isLive ? live : isFull ? reload : lost;
  }

  setInterval(() => {
    if (source && Date.now() - lastHeard > silenceMax) mark(false);
  }, 2000);
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
  addEventListener('pagehide', stop);
  addEventListener('pageshow', (event) => { if (event.persisted) start(); });
  start();
})();
