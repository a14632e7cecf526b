// Synchronous HTTP to the workbench itself: Apps Script's services return values, not promises.

function workbench_request(method, path, body) {
  const request = new XMLHttpRequest();
  request.open(method, path, false);
  if (body !== undefined) request.setRequestHeader('Content-Type', 'application/json');
  request.send(body === undefined ? null : JSON.stringify(body));
  if (request.status >= 400) throw new Error(workbench_problem(request));
  return request.responseText ? JSON.parse(request.responseText) : null;
}

function workbench_problem(request) {
  try {
    return JSON.parse(request.responseText).error.message;
  } catch {
    return `${request.status} ${request.responseText}`;
  }
}

function workbench_get(path) {
  return workbench_request('GET', path);
}

function workbench_text(path) {
  const request = new XMLHttpRequest();
  request.open('GET', path, false);
  request.send(null);
  if (request.status !== 200) throw new Error(`No HTML file named ${path.split('/').pop()} was found.`);
  return request.responseText;
}
