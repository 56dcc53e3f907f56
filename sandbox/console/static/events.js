// Follow the events of the page's world: listen({exchange: (row) => …, clock: (state) => …}).
export function listen(handlers) {
  const source = new EventSource(document.body.dataset.events);
  for (const [kind, handler] of Object.entries(handlers)) {
    source.addEventListener(kind, (event) => handler(JSON.parse(event.data)));
  }
  return source;
}
