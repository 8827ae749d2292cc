// Sliders, maps, guesses and questions on the pages: no kernel, no request.
// tools/live.py writes what is read here. Without this script a page still
// has its pictures, and each answer folds out.
"use strict";

function make(tag, name, parent) {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

// A widget: one slider a control, and the frame of their settings.
function revive(box) {
  const { controls, frames, map } = JSON.parse(
    box.querySelector("script").textContent
  );
  const still = box.querySelector(".course-still");
  const panel = make("div", "course-controls", box);
  const inputs = controls.map((control) => slider(panel, control));
  const view = make("div", "course-view", map ? panel : box);
  view.setAttribute("aria-live", "polite");
  let dot;
  if (map) {
    dot = make("span", "course-dot", still);
    still.classList.add("course-map");
    still.addEventListener("click", (event) => {
      const area = still.getBoundingClientRect();
      const at = [
        (event.clientX - area.left) / area.width,
        (event.clientY - area.top) / area.height,
      ];
      inputs.forEach((input, axis) => {
        input.value = nearest(map[axis], at[axis]);
      });
      show();
    });
  } else {
    still.remove();
  }

  function show() {
    let place = 0;
    inputs.forEach((input, i) => {
      const { values } = controls[i];
      place = place * values.length + Number(input.value);
      input.nextSibling.textContent = values[input.value];
      input.setAttribute("aria-valuetext", values[input.value]);
    });
    view.innerHTML = frames[place];
    if (dot) {
      dot.style.left = `${100 * map[0][inputs[0].value]}%`;
      dot.style.top = `${100 * map[1][inputs[1].value]}%`;
    }
  }

  panel.addEventListener("input", show);
  show();
}

function slider(panel, control) {
  const label = make("label", "", panel);
  label.append(control.name);
  const input = make("input", "", label);
  Object.assign(input, { type: "range", min: 0, step: 1 });
  input.max = control.values.length - 1;
  input.value = control.start;
  input.disabled = control.values.length === 1;
  make("output", "", label);
  return input;
}

function nearest(places, at) {
  const far = places.map((place) => Math.abs(place - at));
  return far.indexOf(Math.min(...far));
}

// A list of choices becomes buttons; take(button, text) hears of each press.
function choices(list, take) {
  const row = document.createElement("div");
  row.className = "course-choices";
  row.setAttribute("role", "group");
  for (const item of list.children) {
    const button = make("button", "", row);
    button.type = "button";
    button.innerHTML = item.innerHTML;
    const text = item.textContent;
    button.addEventListener("click", () => take(button, text));
  }
  list.replaceWith(row);
  const status = document.createElement("p");
  status.setAttribute("role", "status");
  row.after(status);
  return { row, status };
}

// Keep answers folded until something is chosen; returns what unlocks them.
function lock(folded, { row, status }) {
  let chosen = false;
  for (const details of folded) {
    details.querySelector("summary").addEventListener("click", (event) => {
      if (chosen) return;
      event.preventDefault();
      status.textContent = "Choose one first, then the answer unfolds.";
      row.querySelector("button").focus();
    });
  }
  return () => (chosen = true);
}

function guess(box) {
  const parts = choices(box.querySelector("ul"), take);
  const folded = [
    ...document.querySelectorAll(`details[data-guess="${box.dataset.guess}"]`),
  ];
  const unlock = lock(folded, parts);
  let out = false;

  function take(button, text) {
    if (out) {
      parts.status.textContent = "The answer is out already.";
      return;
    }
    for (const other of parts.row.children) {
      other.setAttribute("aria-pressed", other === button);
    }
    unlock();
    parts.status.textContent = `Your guess: ${text}. The answer unfolds below.`;
    for (const details of folded) {
      details.addEventListener("toggle", () => (out = true), { once: true });
      const { answer } = details.dataset;
      if (answer) {
        details.querySelector(".course-yours").textContent =
          `Your guess: ${text} ${answer === text ? "✓" : "✗"}`;
      }
    }
  }
}

function question(item) {
  const details = item.querySelector("details");
  const right = [...details.querySelectorAll("b")].map((b) => b.textContent);
  const parts = choices(item.querySelector("ul"), (button, text) => {
    const mark = right.includes(text) ? "✓" : "✗";
    if (!button.hasAttribute("aria-pressed")) button.prepend(`${mark} `);
    button.setAttribute("aria-pressed", "true");
    parts.status.textContent = mark === "✓" ? "Right." : "Not that one.";
    unlock();
  });
  const unlock = lock([details], parts);
}

document.querySelectorAll(".course-live:has(script)").forEach(revive);
document.querySelectorAll(".course-guess").forEach(guess);
document.querySelectorAll(".course-quiz > ol > li").forEach(question);
