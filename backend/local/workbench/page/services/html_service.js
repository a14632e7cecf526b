// HtmlService: templates with <?= ?>, <?!= ?> and <? ?>, and what becomes of them.

var HtmlService = (() => {
  function output(content) {
    let title = '';
    return {
      getContent: () => content,
      setTitle(text) {
        title = text;
        return this;
      },
      getTitle: () => title,
    };
  }

  const escaped = (value) =>
    String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

  /** The template as the body of a function whose result is the page. */
  function compiled(source) {
    const parts = source.split(/<\?(!=|=)?([\s\S]*?)\?>/);
    let body = "let out = '';\n";
    for (let at = 0; at < parts.length; at += 3) {
      body += `out += ${JSON.stringify(parts[at])};\n`;
      if (at + 2 >= parts.length) break;
      const [kind, code] = [parts[at + 1], parts[at + 2]];
      if (kind === '!=') body += `out += (${code});\n`;
      else if (kind === '=') body += `out += escaped(${code});\n`;
      else body += `${code}\n`;
    }
    return `${body}return out;`;
  }

  return {
    createHtmlOutput: output,
    createHtmlOutputFromFile: (name) => output(workbench_text(`/appsscript/${name}.html`)),
    createTemplateFromFile(name) {
      const source = workbench_text(`/appsscript/${name}.html`);
      return {
        evaluate() {
          const { evaluate: _method, ...variables } = this;
          const page = new Function('escaped', ...Object.keys(variables), compiled(source));
          return output(page(escaped, ...Object.values(variables)));
        },
      };
    },
  };
})();
