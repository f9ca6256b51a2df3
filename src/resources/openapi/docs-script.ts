/** What the page does: it finds, it writes curl commands, and it sends requests to the server it came from. */
export const DOCS_SCRIPT = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const valueOf = (id) => byId(id)?.value ?? '';
  const prefix = location.pathname.replace(/\\/__api__\\/docs$/, '');

  function authorization() {
    const [user, password, token] = [valueOf('user'), valueOf('password'), valueOf('token')];
    if (token !== '') return { header: 'Bearer ' + token, curl: "-H " + quoted('Authorization: Bearer ' + token) };
    if (user === '') return undefined;
    const bytes = new TextEncoder().encode(user + ':' + password);
    return { header: 'Basic ' + btoa(String.fromCharCode(...bytes)), curl: '-u ' + quoted(user + ':' + password) };
  }

  function requestOf(form) {
    const given = [...form.elements].filter((field) => field.dataset.in !== undefined);
    const filled = (place) => given.filter((field) => field.dataset.in === place && field.value.trim() !== '');
    let path = form.dataset.path;
    for (const field of given.filter(({ dataset }) => dataset.in === 'path')) {
      const text = field.value === '' ? '{' + field.name + '}' : encodeURIComponent(field.value);
      path = path.replace('{' + field.name + '}', () => text);
    }
    const query = filled('query').map((field) => encodeURIComponent(field.name) + '=' + encodeURIComponent(field.value));
    for (const field of filled('filters')) query.push(field.value.trim());
    const headers = filled('header').map((field) => [field.name, field.value]);
    const body = given.find(({ dataset }) => dataset.in === 'body')?.value.trim();
    const type = given.find(({ dataset }) => dataset.in === 'type')?.value ?? 'application/json';
    if (body) headers.push(['Content-Type', type]);
    const parts = filled('form').map((field) => [field.name, field.files?.[0] ?? field.value.trim()]);
    const url = location.origin + prefix + path + (query.length > 0 ? '?' + query.join('&') : '');
    return { method: form.dataset.method, url, headers, body: body || undefined, parts };
  }

  function quoted(text) {
    return "'" + text.replaceAll("'", "'\\\\''") + "'";
  }

  function curlOf({ method, url, headers, body, parts: form }) {
    const login = authorization();
    const how = method === 'HEAD' ? ' -I' : method === 'GET' ? '' : ' -X ' + method;
    const parts = ['curl' + how + (login === undefined ? '' : ' ' + login.curl)];
    for (const [name, value] of headers) parts.push('-H ' + quoted(name + ': ' + value));
    if (body !== undefined) parts.push('-d ' + quoted(asJson(body)));
    for (const [name, part] of form) {
      parts.push(part instanceof File ? '-F ' + quoted(name + '=@' + part.name) : '--form-string ' + quoted(name + '=' + asJson(part)));
    }
    parts.push(quoted(url));
    const line = parts.join(' ');
    return line.length < 90 ? line : parts.join(' \\\\\\n  ');
  }

  function showCommand(form) {
    form.querySelector('.command code').textContent = curlOf(requestOf(form));
  }

  function element(name, text, className) {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  async function send(form) {
    const output = form.querySelector('output');
    const { method, url, headers, body, parts } = requestOf(form);
    const login = authorization();
    if (login !== undefined) headers.push(['Authorization', login.header]);
    output.replaceChildren(element('p', 'Sending \\u2026'));
    try {
      const options = { method, headers, credentials: 'omit', cache: 'no-store' };
      if (body !== undefined) options.body = body;
      if (parts.length > 0) {
        options.body = new FormData();
        for (const [name, part] of parts) options.body.append(name, part);
      }
      const response = await fetch(url, options);
      const text = await response.text();
      const head = [...response.headers].map(([name, value]) => name + ': ' + value).join('\\n');
      const title = element('p', response.status + ' ' + response.statusText, response.ok ? '' : 'failed');
      output.replaceChildren(title, element('pre', head + (text === '' ? '' : '\\n\\n' + asJson(text, 2))));
    } catch (error) {
      output.replaceChildren(element('p', String(error), 'failed'));
    }
  }

  /** Written anew if it is JSON. */
  function asJson(text, indent) {
    try {
      return JSON.stringify(JSON.parse(text), null, indent);
    } catch {
      return text;
    }
  }

  async function copy(button) {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    } catch {
      getSelection().selectAllChildren(code);
    }
  }

  function find(text) {
    const words = text.toLowerCase().split(/\\s+/).filter(Boolean);
    const fits = (node) => words.every((word) => node.textContent.toLowerCase().includes(word));
    let shown = 0;
    for (const box of document.querySelectorAll('.operation')) {
      box.hidden = !fits(box.querySelector('summary'));
      if (!box.hidden) shown += 1;
      const link = document.querySelector('nav a[href="#' + CSS.escape(box.id) + '"]');
      if (link !== null) link.parentElement.hidden = box.hidden;
    }
    for (const section of document.querySelectorAll('main > section:not(.plain), nav section')) {
      section.hidden = section.querySelector('.operation:not([hidden]), li:not([hidden])') === null;
    }
    byId('nothing').hidden = shown > 0;
  }

  function openTarget() {
    const box = byId(decodeURIComponent(location.hash.slice(1)));
    if (!(box instanceof HTMLDetailsElement)) return;
    box.open = true;
    box.querySelector('summary').focus({ preventScroll: true });
    box.scrollIntoView({ behavior: 'instant' });
  }

  const forms = document.querySelectorAll('form.try');
  for (const form of forms) {
    showCommand(form);
    form.addEventListener('input', () => showCommand(form));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void send(form);
    });
    form.querySelector('.copy').addEventListener('click', (event) => void copy(event.currentTarget));
  }
  byId('login')?.addEventListener('input', () => forms.forEach(showCommand));
  byId('login')?.addEventListener('submit', (event) => event.preventDefault());
  byId('filter').addEventListener('input', (event) => find(event.target.value));
  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.matches('input, textarea, select');
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    byId('filter').focus();
  });
  addEventListener('hashchange', openTarget);
  openTarget();
})();
`;
