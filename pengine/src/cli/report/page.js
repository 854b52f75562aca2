"use strict";
(() => {
  const controls = document.querySelector(".controls");
  if (!controls) return;
  const output = controls.querySelector("output");
  const drawing = document.getElementById("drawing");
  const last = Number(output.dataset.steps);
  const parts = [...document.querySelectorAll("#transition [data-step]")];
  let step = 0;
  // Step 0 shows all as it is planned; behind it each step is marked in its turn.
  const show = (wanted) => {
    step = Math.max(0, Math.min(last, wanted));
    for (const part of parts) {
      const own = Number(part.dataset.step);
      part.classList.toggle("done", step > 0 && own < step);
      part.classList.toggle("now", own === step);
      part.classList.toggle("later", step > 0 && own > step);
    }
    output.textContent = step === 0 ? `All ${last} steps` : `Step ${step} of ${last}`;
    const card = drawing.querySelector(".card.now rect");
    if (card) drawing.scrollLeft = card.x.baseVal.value - drawing.clientWidth / 2 + card.width.baseVal.value / 2;
  };
  const go = { first: () => show(0), back: () => show(step - 1), next: () => show(step + 1), last: () => show(last) };
  const keys = { Home: go.first, ArrowLeft: go.back, ArrowRight: go.next, End: go.last };
  controls.addEventListener("click", (event) => go[event.target.dataset.go]?.());
  document.getElementById("transition").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  controls.hidden = false;
  show(0);
})();
