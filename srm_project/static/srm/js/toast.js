// toast("Accepted 40 answers.", { undo }) shows a line for 8 seconds, longer while it is focused or
// hovered; say("6 cells") tells a screen reader the same way, without showing anything.

const LIFE = 8000;
let current = null;

/** Put a sentence into the status line of the page. */
export function say(text) {
  const region = document.getElementById("srm-status");
  if (!region) {
    return;
  }
  let line = region.querySelector(".spoken");
  if (!line) {
    line = document.createElement("p");
    line.className = "spoken vh";
    region.append(line);
  }
  line.textContent = text;
}

/** Show a sentence, with a button "Undo" if there is a function to call. */
export function toast(text, { undo = null, life = LIFE } = {}) {
  current?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  let timer = 0;
  const stop = () => window.clearTimeout(timer);
  const start = () => {
    stop();
    timer = window.setTimeout(() => box.remove(), life);
  };
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "toast-undo";
    button.textContent = "Undo";
    button.addEventListener("click", () => {
      stop();
      box.remove();
      undo();
    });
    box.append(button);
  }
  box.addEventListener("pointerenter", stop);
  box.addEventListener("pointerleave", start);
  box.addEventListener("focusin", stop);
  box.addEventListener("focusout", start);
  document.body.append(box);
  current = box;
  start();
  say(text);
  return box;
}
