// Moves through the matrix with the keyboard. Without it every row is still a link.
// One cell has tabindex 0 (roving); single letters work only while the grid has focus (WCAG 2.1.4).

const grid = document.querySelector("[data-matrix]");
const filter = document.getElementById("q");

function rows() {
  return [...grid.querySelectorAll("tbody tr[id]")];
}

function cells(row) {
  return [...row.children];
}

let cursor = null;

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

function move(down, right) {
  const all = rows();
  const row = cursor.closest("tr");
  const at = all.indexOf(row);
  const next = all[Math.max(0, Math.min(all.length - 1, at + down))];
  const column = Math.max(0, Math.min(cells(next).length - 1, cells(row).indexOf(cursor) + right));
  place(cells(next)[column]);
}

function family(step) {
  const bodies = [...grid.tBodies].filter((body) => body.querySelector("tr[id]"));
  const at = bodies.indexOf(cursor.closest("tbody"));
  const body = bodies[Math.max(0, Math.min(bodies.length - 1, at + step))];
  place(cells(body.querySelector("tr[id]"))[cells(cursor.closest("tr")).indexOf(cursor)]);
}

function open() {
  cursor.closest("tr").querySelector("a.rowhead")?.click();
}

const keys = {
  ArrowDown: () => move(1, 0),
  ArrowUp: () => move(-1, 0),
  ArrowRight: () => move(0, 1),
  ArrowLeft: () => move(0, -1),
  PageDown: () => move(15, 0),
  PageUp: () => move(-15, 0),
  Home: () => place(cells(cursor.closest("tr"))[0]),
  End: () => place(cells(cursor.closest("tr")).at(-1)),
  "]": () => family(1),
  "[": () => family(-1),
  Enter: open,
};

if (grid && rows().length) {
  const selected = grid.querySelector('tr[aria-selected="true"]') ?? rows()[0];
  place(cells(selected)[0], { focus: false });
  grid.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key === "/") {
      event.preventDefault();
      filter.focus();
    }
  });
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest("tbody tr[id] > *");
    if (!cell || event.target.closest("a")) return;
    place(cell);
  });
  grid.addEventListener("dblclick", (event) => {
    if (event.target.closest("tbody tr[id] > *")) open();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.querySelector("[data-drawer]")) {
    document.querySelector("[data-close]").click();
  }
});
