// Runs the sidebar's script: one worker an execution, at most ten at once, with the delay a call has there.

const AT_ONCE = 10;
/** What Google puts into the sidebar's page ahead of everything else: google.script.run. */
const RUN_SHIM = '<script src="/page/services/run_shim.js"></script>';

export class ScriptHost {
  /**
   * `context()` gives what the page knows: `{spreadsheetId, sheetId, selection}`; `effects` has a function
   * for each thing the script may do to the page; `latency_ms` is added to every call of the sidebar's page.
   */
  constructor({ context, effects, order, latency_ms }) {
    this.context = context;
    this.effects = { ...effects, sidebar: (sidebar) => this.showSidebar(sidebar) };
    this.order = order;
    this.latency_ms = latency_ms;
    this.running = 0;
    this.waiting = [];
    this.frame = document.getElementById('sidebar');
    this.spare = this.worker();
    addEventListener('message', (event) => {
      if (event.source === this.frame.contentWindow && event.data.run) this.answer(event.data.run);
    });
  }

  /** The files are loaded ahead of the call that needs them. */
  worker() {
    return new Worker(`/page/services/execution.js?order=${this.order}`);
  }

  /** One execution of a function of the script; rejects with what it threw. */
  async execute(name, args = []) {
    if (this.running === AT_ONCE) await new Promise((resolve) => this.waiting.push(resolve));
    this.running += 1;
    const worker = this.spare;
    this.spare = this.worker();
    try {
      return await new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => {
          if (data.effect) this.effects[data.effect.kind](data.effect);
          else if (data.error) reject(data.error);
          else resolve(data.result);
        };
        worker.onerror = (event) => reject({ name: 'ScriptError', message: event.message });
        worker.postMessage({ context: this.context(), call: { name, arguments: args } });
      });
    } finally {
      worker.terminate();
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  async answer({ id, name, arguments: args }) {
    const { contentWindow } = this.frame;
    await new Promise((resolve) => setTimeout(resolve, this.latency_ms));
    const ran = await this.execute(name, args).then(
      (result) => ({ id, result }),
      (error) => ({ id, error }),
    );
    // The sidebar may have been closed or replaced meanwhile.
    if (this.frame.contentWindow === contentWindow) contentWindow?.postMessage({ ran }, location.origin);
  }

  showSidebar({ title, html }) {
    document.getElementById('sidebar-title').textContent = title;
    this.frame.srcdoc = html.replace(/<head>/i, (head) => `${head}${RUN_SHIM}`);
  }
}
