// google.script.run and google.script.host inside the sidebar's frame, with the real ones' rules: private
// functions are not there, arguments are numbers, strings, booleans, null and arrays or objects of them.

(() => {
  const waiting = new Map();
  let calls = 0;

  function legal(value) {
    if (value === null || value === undefined || ['number', 'string', 'boolean'].includes(typeof value)) return true;
    if (Array.isArray(value)) return value.every(legal);
    return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(legal);
  }

  function send(name, args, handlers) {
    if (!args.every(legal)) throw new TypeError(`Failed due to illegal value in property: ${name}`);
    calls += 1;
    waiting.set(calls, handlers);
    parent.postMessage({ run: { id: calls, name, arguments: structuredClone(args) } }, self.origin);
  }

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || !data.ran) return;
    const { success, failure, object } = waiting.get(data.ran.id);
    waiting.delete(data.ran.id);
    if (data.ran.error) failure(Object.assign(new Error(data.ran.error.message), { name: data.ran.error.name }), object);
    else success(data.ran.result, object);
  });

  const unheard = () => {};
  const runner = (handlers) =>
    new Proxy(
      {},
      {
        get(_target, name) {
          if (name === 'withSuccessHandler') return (success) => runner({ ...handlers, success });
          if (name === 'withFailureHandler') return (failure) => runner({ ...handlers, failure });
          if (name === 'withUserObject') return (object) => runner({ ...handlers, object });
          if (typeof name !== 'string' || name.endsWith('_')) return undefined;
          return (...args) => send(name, args, handlers);
        },
      },
    );

  globalThis.google = {
    script: {
      run: runner({ success: unheard, failure: unheard }),
      host: { close: () => parent.postMessage({ close: true }, self.origin), editor: { focus: () => parent.focus() } },
    },
  };
})();
