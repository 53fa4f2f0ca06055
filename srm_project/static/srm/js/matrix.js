// Moves through the matrix with the keyboard. Without it every row is still a link.
// One cell has tabindex 0 (roving); single letters work only while the grid has focus (WCAG 2.1.4).

const grid = document.querySelector("[data-matrix]");
const filter = document.getElementById("q");
const drawer = document.querySelector("[data-drawer]");
const heads = grid ? [...grid.tHead.rows[0].cells] : [];
const rows = grid ? [...grid.querySelectorAll("tbody tr[id]")] : [];

let cursor = null;

const clamp = (index, length) => Math.max(0, Math.min(length - 1, index));

function place(cell, { focus = true } = {}) {
  if (!cell) return;
  cursor?.removeAttribute("tabindex");
  cursor?.classList.remove("cursor");
  cursor = cell;
  cursor.setAttribute("tabindex", "0");
  cursor.classList.add("cursor");
  if (focus) {
    cursor.focus({ preventScroll: true });
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function at() {
  const row = cursor.parentElement;
  return { row: rows.indexOf(row), column: cursor.cellIndex };
}

function go(row, column) {
  const target = rows[clamp(row, rows.length)];
  place(target.cells[clamp(column, target.cells.length)]);
}

function move(down, right) {
  const { row, column } = at();
  go(row + down, column + right);
}

/** Go on in one direction to the next cell that says something else. */
function jump(down, right) {
  const said = cursor.textContent;
  let { row, column } = at();
  for (;;) {
    const [nextRow, nextColumn] = [row + down, column + right];
    const next = rows[nextRow]?.cells[nextColumn];
    if (!next) break;
    [row, column] = [nextRow, nextColumn];
    if (next.textContent !== said) break;
  }
  go(row, column);
}

function family(step) {
  const bodies = [...new Set(rows.map((row) => row.parentElement))];
  const { column } = at();
  const body = bodies[clamp(bodies.indexOf(cursor.closest("tbody")) + step, bodies.length)];
  go(rows.findIndex((row) => row.parentElement === body), column);
}

/** Open the drawer of the cell; where it is open already, go into it. */
function open() {
  const link = cursor.parentElement.querySelector("a.rowhead");
  const address = new URL(link.href);
  const variant = heads[cursor.cellIndex]?.dataset.variant;
  if (variant) {
    address.searchParams.set("cell", `${address.searchParams.get("cell")}:${variant}`);
  }
  const shown = new URL(window.location.href).searchParams.get("cell");
  if (drawer && shown === address.searchParams.get("cell")) {
    drawer.querySelector(".scroll").focus();
    return;
  }
  address.hash = "";
  window.location.assign(address);
}

const keys = {
  ArrowDown: () => move(1, 0),
  ArrowUp: () => move(-1, 0),
  ArrowRight: () => move(0, 1),
  ArrowLeft: () => move(0, -1),
  PageDown: () => move(15, 0),
  PageUp: () => move(-15, 0),
  Home: () => go(at().row, 0),
  End: () => go(at().row, cursor.parentElement.cells.length - 1),
  "]": () => family(1),
  "[": () => family(-1),
  "/": () => filter.focus(),
  Enter: open,
};

const jumps = {
  ArrowDown: () => jump(1, 0),
  ArrowUp: () => jump(-1, 0),
  ArrowRight: () => jump(0, 1),
  ArrowLeft: () => jump(0, -1),
};

/** Start where the drawer is open, else at the first row. */
function start() {
  const [control, variant] = (
    new URL(window.location.href).searchParams.get("cell") ?? ""
  ).split(":");
  const row = rows.find((candidate) => candidate.id === `r-${control}`);
  const column = heads.findIndex((head) => head.dataset.variant === variant);
  const cell = (row ?? rows[0]).cells[Math.max(0, column)];
  place(cell, { focus: Boolean(row) });
  if (row) {
    // Going to the row that the address names takes the focus away once more.
    window.addEventListener("load", () => window.setTimeout(() => place(cell)));
  }
}

if (rows.length) {
  start();
  grid.addEventListener("keydown", (event) => {
    if (event.altKey || event.target.closest("input, select")) return;
    const act = event.ctrlKey || event.metaKey ? jumps[event.key] : keys[event.key];
    if (!act) return;
    // A link in the cell that has the focus itself keeps its own Enter.
    if (event.key === "Enter" && event.target.closest("a")) return;
    event.preventDefault();
    act();
  });
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody tr[id] > *");
    if (cell && !event.target.closest("a")) place(cell);
  });
  grid.addEventListener("dblclick", (event) => {
    if (event.target.closest("tbody tr[id] > *")) open();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drawer) return;
  if (drawer.contains(document.activeElement) && cursor) {
    cursor.focus();
  } else if (document.activeElement === filter) {
    cursor?.focus();
  } else {
    drawer.querySelector("[data-close]").click();
  }
});
