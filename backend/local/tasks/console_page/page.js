"use strict";

/** How long to wait between two looks, in milliseconds: while something runs, and while nothing does. */
const BUSY_MS = 1000;
const IDLE_MS = 3000;
const MESSAGE_MS = 6000;

const at = (id) => document.getElementById(id);
const chosen = () => decodeURIComponent(location.hash.replace(/^#(queue=)?/, ""));

let timer = 0;
let state = { now: 0, queues: [] };

/** Makes the rows of a table fit the items, keeping the row of a key so that focus and hover stay. */
function fit(body, items, keyOf, make, fill) {
  const rows = new Map([...body.children].map((row) => [row.dataset.key, row]));
  items.forEach((item, place) => {
    const key = keyOf(item);
    let row = rows.get(key);
    if (!row) {
      row = make(item);
      row.dataset.key = key;
    }
    rows.delete(key);
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] || null);
    fill(row, item);
  });
  rows.forEach((row) => row.remove());
}

function cell(row, kind = "", ...parts) {
  const made = row.insertCell();
  made.className = kind;
  made.append(...parts.map((tag) => document.createElement(tag)));
  return made;
}

/** Writes only what changed, so that a reader is not interrupted every second. */
function say(element, text, title = "") {
  if (element.textContent !== String(text)) element.textContent = text;
  if (element.title !== title) element.title = title;
}

function seconds(value) {
  if (value < 90) return `${Number(value.toPrecision(3))} s`;
  if (value < 3600) return `${Math.round(value / 60)} min`;
  if (value < 172800) return `${Number((value / 3600).toPrecision(2))} h`;
  return `${Math.round(value / 86400)} d`;
}

const clockTime = (at_) => new Date(at_ * 1000).toLocaleTimeString();
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

function stateOf(queue) {
  if (!queue.running) return ["Paused", "paused"];
  if (queue.braked_until > state.now) return [`Slowed for ${seconds(Math.ceil(queue.braked_until - state.now))}`, "braked"];
  return ["Running", "running"];
}

function showState(element, queue) {
  const [words, kind] = stateOf(queue);
  say(element, words, kind === "braked" ? "A worker answered 429 or 503, which slows the whole queue." : "");
  element.className = `state ${kind}`;
}

function showQueues() {
  at("no-queues").hidden = state.queues.length > 0;
  fit(at("queue-rows"), state.queues, (queue) => queue.name, (queue) => {
    const row = document.createElement("tr");
    const link = document.createElement("a");
    link.href = `#queue=${encodeURIComponent(queue.name)}`;
    link.textContent = queue.id;
    link.title = queue.name;
    cell(row).append(link);
    cell(row, "", "span");
    for (let n = 0; n < 4; n += 1) cell(row, "number");
    return row;
  }, (row, queue) => {
    showState(row.cells[1].firstChild, queue);
    say(row.cells[2], queue.tasks.toLocaleString("en"));
    say(row.cells[3], queue.in_dispatch);
    say(row.cells[4], queue.max_concurrent.toLocaleString("en"));
    say(row.cells[5], `${queue.per_second} / s`);
  });
}

function showFacts(queue) {
  const tries = queue.max_attempts < 0 ? "unlimited" : plural(queue.max_attempts, "attempt");
  const facts = [
    ["State", ""],
    ["Tasks in queue", queue.tasks.toLocaleString("en")],
    ["Running now", `${queue.in_dispatch} of ${queue.max_concurrent.toLocaleString("en")}`],
    ["Max rate", `${queue.per_second} / s`],
    ["Retries", `${tries}, ${seconds(queue.min_backoff_s)} to ${seconds(queue.max_backoff_s)} apart`],
  ];
  fit(at("facts"), facts, (fact) => fact[0], (fact) => {
    const made = document.createElement("div");
    made.append(document.createElement("dt"), document.createElement("dd"));
    made.firstChild.textContent = fact[0];
    made.lastChild.append(document.createElement("span"));
    return made;
  }, (made, fact) => {
    if (fact[0] === "State") showState(made.lastChild.firstChild, queue);
    else say(made.lastChild.firstChild, fact[1]);
  });
}

function nextAttempt(task, queue) {
  if (task.in_dispatch) return ["Running", `since ${clockTime(task.last_at)}`];
  const left = task.due - state.now;
  const when = left > 0.5 ? `in ${seconds(left < 10 ? Math.ceil(left) : Math.round(left))}` : "Due";
  return [left <= 0.5 && !queue.running ? "When resumed" : when, clockTime(task.due)];
}

function rowButton(row, label, action, kind = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  button.className = kind;
  button.addEventListener("click", action);
  row.lastChild.append(button);
  return button;
}

function showTasks(queue) {
  const tasks = state.tasks || [];
  at("no-tasks").hidden = tasks.length > 0;
  at("more-tasks").hidden = queue.tasks <= tasks.length;
  say(at("more-tasks"), `The first ${tasks.length} of ${plural(queue.tasks, "task")}, by schedule time.`);
  fit(at("task-rows"), tasks, (task) => task.name, (task) => {
    const row = document.createElement("tr");
    cell(row, "name", "span");
    cell(row, "", "span", "small");
    cell(row, "number");
    cell(row, "response");
    cell(row, "", "span", "small");
    cell(row, "row-actions");
    rowButton(row, "Run now", () => change("POST", `${task.name}:run`, `Task ${task.id} is sent now.`))
      .setAttribute("aria-label", `Run task ${task.id} now`);
    rowButton(row, "Delete", () => deleteTask(task), "danger").setAttribute("aria-label", `Delete task ${task.id}`);
    return row;
  }, (row, task) => {
    say(row.cells[0].firstChild, task.id, task.name);
    const [when, moment] = nextAttempt(task, queue);
    say(row.cells[1].firstChild, when);
    row.cells[1].firstChild.className = task.in_dispatch ? "state running" : "";
    say(row.cells[1].lastChild, moment);
    say(row.cells[2], task.attempts, `${task.attempts} sent, ${task.answers} answered`);
    say(row.cells[3], task.last_answer || (task.attempts ? "Waiting" : "–"));
    const target = URL.canParse(task.url) ? new URL(task.url) : { pathname: task.url, host: "" };
    say(row.cells[4].firstChild, target.pathname, task.url);
    say(row.cells[4].lastChild, `${task.method} ${target.host}`);
    row.querySelector("button").disabled = task.in_dispatch;
  });
}

function show() {
  const queue = state.queues.find((each) => each.name === chosen());
  at("queues").hidden = Boolean(queue);
  at("queue").hidden = !queue;
  document.title = queue ? `${queue.id} – Cloud Tasks on this machine` : "Cloud Tasks on this machine";
  if (!queue) {
    showQueues();
    return;
  }
  say(at("queue-id"), queue.id);
  say(at("queue-name"), queue.name);
  say(at("pause"), queue.running ? "Pause queue" : "Resume queue");
  at("purge").disabled = queue.tasks === 0;
  showFacts(queue);
  showTasks(queue);
}

/** Looks once and plans the next look; nothing is asked while the page is hidden. */
async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  const asked = chosen();
  try {
    const answer = await fetch(`console.json${asked ? `?queue=${encodeURIComponent(asked)}` : ""}`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const seen = await answer.json();
    if (asked !== chosen()) return look();
    state = seen;
    say(at("freshness"), "Live");
    at("freshness").classList.remove("lost");
    show();
  } catch {
    say(at("freshness"), "No answer from the stand-in. Trying again.");
    at("freshness").classList.add("lost");
  }
  const busy = state.queues.some((queue) => queue.in_dispatch || (queue.running && queue.tasks));
  timer = setTimeout(look, busy ? BUSY_MS : IDLE_MS);
}

let silence = 0;
function tell(words) {
  clearTimeout(silence);
  at("message").hidden = false;
  say(at("message"), words);
  silence = setTimeout(() => { at("message").hidden = true; }, MESSAGE_MS);
}

/** One call of the API itself, then a fresh look. */
async function change(method, path, done) {
  try {
    const answer = await fetch(`/v2/${path}`, { method });
    tell(answer.ok ? done : (await answer.json()).error.message);
  } catch {
    tell("The stand-in did not answer. Nothing was changed.");
  }
  look();
}

function confirmed(question, consequence, agree) {
  say(at("question"), question);
  say(at("consequence"), consequence);
  say(at("agree"), agree);
  at("confirm").returnValue = "no";
  at("confirm").showModal();
  return new Promise((resolve) => {
    at("confirm").addEventListener("close", () => resolve(at("confirm").returnValue === "yes"), { once: true });
  });
}

async function deleteTask(task) {
  if (await confirmed(`Delete task ${task.id}?`, "It will not be sent. This cannot be undone.", "Delete")) {
    change("DELETE", task.name, `Task ${task.id} is deleted.`);
  }
}

at("pause").addEventListener("click", () => {
  const queue = state.queues.find((each) => each.name === chosen());
  const verb = queue.running ? "pause" : "resume";
  change("POST", `${queue.name}:${verb}`, queue.running ? "The queue is paused." : "The queue is running again.");
});

at("purge").addEventListener("click", async () => {
  const queue = state.queues.find((each) => each.name === chosen());
  const tasks = plural(queue.tasks, "task");
  if (await confirmed(`Purge ${queue.id}?`, `${tasks} will be deleted. This cannot be undone.`, "Purge")) {
    change("POST", `${queue.name}:purge`, `${tasks} deleted.`);
  }
});

addEventListener("hashchange", () => { show(); look(); });
document.addEventListener("visibilitychange", look);
look();
