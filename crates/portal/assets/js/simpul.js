// What a browser with scripts adds. Every page does its work without this file.
const d = document, byId = id => d.getElementById(id);
const policy = self.trustedTypes
  ? trustedTypes.createPolicy('simpul', { createHTML: text => text })
  : { createHTML: text => text };
d.documentElement.classList.add('js');

const say = text => { const region = byId('say'); if (region) region.textContent = text; };

// An element that comes again takes the place of the one with its id, and focus stays where it was.
const patch = html => {
  const box = d.createElement('template');
  box.innerHTML = policy.createHTML(html);
  for (const fresh of [...box.content.children]) {
    const old = fresh.id && byId(fresh.id);
    if (!old) continue;
    const inside = old.contains(d.activeElement) ? d.activeElement : null;
    const key = inside && inside.id;
    const open = new Set([...old.querySelectorAll('details[open][id]')].map(one => one.id));
    old.replaceWith(fresh);
    for (const one of fresh.querySelectorAll('details[id]')) if (open.has(one.id)) one.open = true;
    if (inside) {
      const target = (key && byId(key)) || fresh;
      if (target === fresh && !fresh.hasAttribute('tabindex')) fresh.tabIndex = -1;
      target.focus({ preventScroll: true });
    }
  }
};

// Live regions: data-live is where events come from, data-status is the line that says whether they come.
for (const region of d.querySelectorAll('[data-live]')) {
  const line = byId(region.dataset.status);
  const mark = state => {
    if (!line) return;
    line.hidden = false;
    line.dataset.state = state;
    line.lastElementChild.textContent = line.dataset[state];
  };
  let source;
  const open = () => {
    source = new EventSource(region.dataset.live);
    source.onopen = () => mark('on');
    source.onerror = () => mark('off');
    source.addEventListener('patch', event => patch(event.data));
    source.addEventListener('say', event => say(event.data));
  };
  open();
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', event => { if (event.persisted) open(); });
}

// What went wrong is read first.
const wrong = byId('errors');
if (wrong) wrong.focus();

// A link in the list of errors leads to its field, its label in view.
d.addEventListener('click', event => {
  const link = event.target.closest('#errors a');
  const field = link && byId(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  (field.closest('.field') || field).scrollIntoView();
  field.focus({ preventScroll: true });
});

for (const button of d.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => print());
}

// The end of a session is told before it comes. The server decides; this only shows.
const box = byId('session-end');
if (box) {
  const { left, warn } = box.dataset;
  let ends = Date.now() + left * 1000;
  const count = byId('session-left');
  const tick = () => {
    const rest = Math.round((ends - Date.now()) / 1000);
    if (rest <= 0) return location.assign(box.dataset.gone);
    if (rest <= warn && !box.open) box.showModal();
    if (box.open && count) count.textContent = Math.max(1, Math.ceil(rest / 60));
    setTimeout(tick, 1000 * Math.max(1, Math.min(rest - warn, rest % 60 || 60)));
  };
  tick();
  box.querySelector('form').addEventListener('submit', async event => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).catch(() => null);
    if (!answer || !answer.ok) return form.submit();
    ends = Date.now() + left * 1000;
    box.close();
  });
}
