// The wallboard's page: takes screens from /events, writes them into the page, connects again by itself, and says
// so when what it shows is old. It computes no figure; levels come with the figures.
"use strict";
const OLD_AFTER_S = 5, SILENT_AFTER_S = 8, LOOK_MS = 250;
const said = JSON.parse(document.body.dataset.said);
const signs = { good: "✔", warn: "▲", bad: "✖" };
const at = (id) => document.getElementById(id);
let source = null, last = null, heardAt = performance.now(), plot = null, hourShown = "", version = 0;

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function level(node, value) {
  if (value) node.dataset.level = value;
  else delete node.dataset.level;
}

const whole = (value) => value === null ? "–" : Math.round(value).toLocaleString("en");
const clock = (seconds) => {
  if (seconds === null) return "–";
  const s = Math.round(seconds);
  return Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
};

function percent(node, value) {
  // Rounded down: 97 % is shown when it has been reached, and 100 when nobody was missed.
  const text = value === null ? "–" : value >= 1 ? "100" : (Math.floor(value * 1000 + 1e-9) / 10).toFixed(1);
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  node.textContent = text;
  if (value === null) return;
  const unit = document.createElement("span");
  unit.className = "unit";
  unit.textContent = "%";
  node.append(unit);
}

function figure(id, one, words) {
  level(at(id), one.level);
  if (words === "percent") percent(at(id + "-value"), one.value);
  else {
    write(at(id + "-value"), words(one.value));
    at(id + "-value").classList.toggle("long", words(one.value).length > (id === "handled" ? 5 : 3));
  }
  const mark = at(id + "-level");
  if (mark) write(mark, !one.level ? "" : signs[one.level] + (mark.parentElement.tagName === "DD" ? "" : " " + said[one.level]));
}

// Rows are made once and then only written to; a table that is built anew every second flickers.
function rows(body, wanted, columns) {
  while (body.rows.length > wanted) body.deleteRow(-1);
  while (body.rows.length < wanted) {
    const row = body.insertRow();
    for (let i = 0; i < columns; i++) row.insertCell();
  }
  return body.rows;
}

function cell(node, text, none, mark) {
  write(node, text);
  node.className = none ? "none" : "";
  node.dataset.level = mark || "";
}

function languages(lines) {
  const table = rows(at("language-rows"), lines.length, 4);
  lines.forEach((line, i) => {
    const cells = table[i].cells;
    cell(cells[0], said.languages[line.language] || line.language, false, null);
    cell(cells[1], String(line.count), line.count === 0, null);
    cell(cells[2], clock(line.oldest.value), line.oldest.value === null, line.oldest.level);
    cell(cells[3], clock(line.estimated.value), line.estimated.value === null, line.estimated.level);
  });
}

function agents(lines) {
  const language = document.documentElement.lang;
  const table = rows(at("agent-rows"), lines.length, 1 + (lines[0] ? lines[0].counts.length : 0));
  lines.forEach((line, i) => {
    const cells = table[i].cells;
    cell(cells[0], line.team === null ? said.all : line.label[language] || line.team, false, null);
    line.counts.forEach((count, j) => cell(cells[j + 1], String(count), count === 0, null));
  });
}

function show(screen) {
  const board = screen.board;
  if (board) {
    const figures = board.figures;
    figure("handled", figures.handled, whole);
    figure("to_officials", figures.to_officials, whole);
    figure("answer_rate", figures.answer_rate, "percent");
    figure("service_level", figures.service_level, "percent");
    figure("waiting", figures.waiting, whole);
    figure("oldest", figures.oldest, clock);
    figure("estimated", figures.estimated, clock);
    write(at("service_level-note"), "≤ " + Math.round(board.threshold_s) + " " + said.seconds + "\n" + said.variants[board.variant]);
    languages(board.languages);
    agents(board.agents);
    at("closed").hidden = board.open !== false;
  }
  if (screen.hour && JSON.stringify(screen.hour) !== hourShown) {
    hourShown = JSON.stringify(screen.hour);
    draw(screen.hour);
  }
  // For whoever measures: which screen stands here, and when the newest event of it happened.
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.body.dataset.factAt = screen.fact_at === null ? "" : String(screen.fact_at);
    document.body.dataset.shownAt = String(Date.now() / 1000);
    document.body.dataset.screens = String(++version);
  }));
}

// -- the last hour ---------------------------------------------------------------------------------------------------

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const px = (rem) => rem * parseFloat(getComputedStyle(document.documentElement).fontSize);

function draw(hour) {
  const box = at("plot"), size = { width: box.clientWidth, height: box.clientHeight };
  const x = hour.within.map((_, i) => hour.begins_at + (i + 0.5) * hour.bar_s);
  // Stacked by drawing the sums from the tallest to the lowest.
  const answered = hour.within.map((n, i) => n + hour.late[i]);
  const all = answered.map((n, i) => n + hour.lost[i]);
  const tall = (counts) => counts.map((n) => n || null);
  const data = [x, tall(all), tall(answered), tall(hour.within)];
  if (plot) plot.destroy();
  const bars = (name) => ({ label: name, fill: colour("--" + name), stroke: colour("--text"), width: 2,
    points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, Infinity] }) });
  const font = Math.round(px(2.6)) + "px sans-serif";
  const axis = { font, stroke: colour("--text"), ticks: { show: false } };
  plot = new uPlot({
    ...size, legend: { show: false }, cursor: { show: false }, padding: [px(1.6), px(1), 0, 0],
    scales: { x: { time: true, range: [hour.begins_at, hour.begins_at + hour.within.length * hour.bar_s] },
      y: { range: (_, low, high) => [0, Math.max(4, Math.ceil(high * 1.15))] } },
    axes: [
      { ...axis, size: px(4.2), gap: px(1), grid: { show: false }, incrs: [hour.bar_s, 2 * hour.bar_s],
        splits: () => hour.within.map((_, i) => hour.begins_at + i * hour.bar_s),
        values: (_, splits) => splits.map((t, i) => i % 2 ? "" : time(t)) },
      { ...axis, size: px(6), gap: px(0.6), grid: { stroke: colour("--line"), width: 2 }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        space: px(4.5) },
    ],
    series: [{}, bars("lost"), bars("late"), bars("within")],
    hooks: { draw: [(chart) => marks(chart, hour, all)] },
  }, data, box);
}

// The lost ones are counted in words too: a thin end of a bar is not seen from ten metres.
function marks(chart, hour, all) {
  const ctx = chart.ctx;
  ctx.save();
  ctx.font = "bold " + Math.round(px(2.4) * devicePixelRatio) + "px sans-serif";
  ctx.textAlign = "center";
  ctx.fillStyle = colour("--lost");
  hour.lost.forEach((count, i) => {
    if (count) ctx.fillText("✖" + count, chart.valToPos(hour.begins_at + (i + 0.5) * hour.bar_s, "x", true),
      chart.valToPos(all[i], "y", true) - px(0.5));
  });
  ctx.restore();
}

const seoul = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Seoul", hour: "2-digit", minute: "2-digit", ...options });
const [hm, hms] = [seoul({}), seoul({ second: "2-digit" })];
const time = (epoch) => hm.format(epoch * 1000);

// -- the line to the server -------------------------------------------------------------------------------------------

function connect() {
  if (source) source.close();
  heardAt = performance.now();
  source = new EventSource("/events");
  source.onmessage = (event) => {
    last = JSON.parse(event.data);
    heardAt = performance.now();
    show(last);
    look();
  };
}

function look() {
  const silent_s = (performance.now() - heardAt) / 1000;
  const age_s = last && last.age_s !== null ? last.age_s + silent_s : null;
  const old = age_s !== null && age_s > OLD_AFTER_S;
  let words = "";
  if (last && last.problem && silent_s < SILENT_AFTER_S) words = said[last.problem];
  else if (source.readyState !== EventSource.OPEN) words = said.reconnecting;
  if (old) words = Math.floor(age_s) + " " + said.old + (words ? " · " + words : "");
  if (!old && words === said.reconnecting && silent_s < 2) words = "";
  write(at("notice"), words);
  at("notice").hidden = !words;
  document.body.classList.toggle("old", old);
  write(at("clock"), hms.format(Date.now()));
  // A server that answers with an error ends an EventSource for ever; a line that is cut without a word never ends it.
  if (source.readyState === EventSource.CLOSED ? silent_s > 2 : silent_s > SILENT_AFTER_S) {
    connect();
    ask();
  }
}

// A new password ends every session: then the page leads to the form. A server that is away leaves it where it is.
function ask() {
  fetch("/", { redirect: "manual" }).then((answer) => {
    if (answer.type === "opaqueredirect") location.assign("/login?lang=" + document.documentElement.lang);
  }, () => {});
}

window.addEventListener("resize", () => { hourShown = ""; if (last) show(last); });
connect();
look();
setInterval(look, LOOK_MS);
