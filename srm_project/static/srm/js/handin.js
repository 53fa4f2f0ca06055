// Hands in a file with a bar that shows its bytes: one file, one POST to the API, from the fields of
// the form. Without this script the form sends itself; an address needs no bar and is sent that way, too.

const form = document.querySelector("form[data-handin]");
const [chosen, photo] = [form.elements.file, form.elements.photo];
const drop = form.querySelector("[data-drop]");
const list = form.querySelector("[data-files]");
const button = form.querySelector("button[type=submit]");
const label = button.textContent;
const MB = 1024 * 1024;

const picked = () => chosen.files[0] ?? photo.files[0];
const amount = (bytes) =>
  bytes < MB ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / MB).toFixed(1)} MB`;

/** Show the chosen file with what is to be said of it, and a bar while it is under way. */
function show(said, { bad = false, part = null } = {}) {
  const file = picked();
  const row = list.querySelector("li") ?? list.appendChild(document.createElement("li"));
  const icon = drop.querySelector("svg").cloneNode(true);
  icon.firstElementChild.setAttribute("href", "#i-file");
  const name = Object.assign(document.createElement("span"), { className: "name" });
  name.textContent = file.name;
  const words = Object.assign(document.createElement("span"), { className: bad ? "say bad" : "say" });
  words.textContent = said;
  if (bad) words.setAttribute("role", "alert");
  row.replaceChildren(icon, name);
  if (part !== null) {
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: part });
    bar.setAttribute("aria-label", `Uploading ${file.name}`);
    row.append(bar);
  }
  row.append(words);
  list.hidden = false;
}

function busy(on) {
  button.disabled = on;
  button.textContent = on ? "Handing in…" : label;
}

/** Say beside the file why it was not stored; all that was typed stays. */
function refuse(said) {
  busy(false);
  show(said, { bad: true });
  button.textContent = "Try again";
}

function body(file) {
  const data = new FormData();
  for (const field of form.querySelectorAll("[data-field]")) {
    if (field.type !== "file" && field.value) data.set(field.name, field.value);
  }
  // A file or an address, never both; a revision stays with its team.
  data.delete("url");
  if (form.dataset.version) data.delete("team");
  for (const target of ["reviews", "duties", "responsibilities"]) {
    if (form.dataset[target]) data.set(target, form.dataset[target]);
  }
  data.set("file", file, file.name);
  return data;
}

function answered(request) {
  let told = {};
  try {
    told = JSON.parse(request.responseText);
  } catch {
    // Not from the API: what follows says so.
  }
  if (request.status === 200 || request.status === 201) {
    const done = new URL(form.dataset.done, window.location.href);
    if ("piece" in form.dataset) done.pathname += `${told.uuid}/`;
    // An address of its own, so that the browser asks for the page anew.
    done.search = `?done=${told.reference}.${told.version}`;
    window.location.assign(done);
  } else if (request.status === 401 || (request.status === 403 && told.code !== "not-allowed")) {
    refuse("Not stored: you are signed out. Sign in in another tab, then try again here.");
  } else {
    refuse(told.detail ?? "Not stored: the server did not answer as it should. Try again.");
  }
}

function send(file) {
  const request = new XMLHttpRequest();
  const began = performance.now();
  request.open("POST", form.dataset.url);
  request.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
  if (form.dataset.version) request.setRequestHeader("If-Match", `"v${form.dataset.version}"`);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    const seconds = ((performance.now() - began) / 1000) * ((total - loaded) / loaded);
    const left = seconds > 10 ? `, about ${Math.round(seconds)} seconds` : "";
    show(`${amount(loaded)} of ${amount(total)}${left}`, { part: loaded / total });
  });
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () =>
    refuse("Not stored: the connection was lost. Nothing else is gone."),
  );
  busy(true);
  show("Starting", { part: 0 });
  request.send(body(file));
}

function choose(field, other) {
  if (!field.files.length) return;
  other.value = "";
  busy(false);
  if (!tooLarge()) show(`${amount(picked().size)}, not handed in yet`);
}

function tooLarge() {
  const { size } = picked();
  const most = Number(form.dataset.max);
  if (size <= most * MB) return false;
  show(`Too large: ${amount(size)}, and at most ${most} MB are taken.`, { bad: true });
  return true;
}

form.classList.add("scripted");
chosen.addEventListener("change", () => choose(chosen, photo));
photo.addEventListener("change", () => choose(photo, chosen));
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) {
  drop.addEventListener(name, () => drop.classList.remove("over"));
}
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!event.dataTransfer.files.length) return;
  chosen.files = event.dataTransfer.files;
  choose(chosen, photo);
});
form.addEventListener("submit", (event) => {
  if (!picked()) return;
  event.preventDefault();
  if (!tooLarge()) send(picked());
});
