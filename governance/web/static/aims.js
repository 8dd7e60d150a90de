// Everything works without this module; it follows the system's theme, shows progress, and guards what was typed.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
dark.addEventListener("change", follow);
follow();

async function watch(box) {
  const bar = box.querySelector("progress");
  const message = box.querySelector(".job-message");
  const count = box.querySelector(".job-count");
  for (;;) {
    let job;
    try {
      job = await (await fetch(box.dataset.job, { headers: { Accept: "application/json" } })).json();
    } catch {
      message.textContent = "The registry does not answer just now; trying again.";
      await new Promise((resolve) => setTimeout(resolve, 3000));
      continue;
    }
    bar.max = job.total || 1;
    if (job.state === "running" && !job.total) bar.removeAttribute("value"); else bar.value = job.done;
    message.textContent = job.message || job.state;
    count.textContent = job.total ? `${job.done} of ${job.total}${job.left ? `, about ${job.left} left` : ""}` : "";
    if (["done", "failed", "cancelled"].includes(job.state)) {
      if (box.dataset.done) window.location.assign(box.dataset.done); else window.location.reload();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}
document.querySelectorAll("[data-job]").forEach(watch);

// A second click on a button must not send a form twice.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("button:not([type=button])");
  if (button && event.target.method === "post") setTimeout(() => { button.disabled = true; }, 0);
});
window.addEventListener("pageshow", () => document.querySelectorAll("button:disabled").forEach((button) => { button.disabled = false; }));

// Long forms are saved while one types; the button does the same without this.
document.querySelectorAll("form[data-autosave]").forEach((form) => {
  const state = form.querySelector("[data-autosave-state]");
  let timer, running = false, again = false;
  async function save() {
    if (running) { again = true; return; }
    running = true;
    try {
      const answer = await fetch(form.action || window.location.href, { method: "POST", body: new FormData(form), headers: { "X-Autosave": "1" } });
      const said = await answer.json();
      state.textContent = said.message;
      if (answer.ok) form.elements.version.value = said.version;
      else if (answer.status === 409) { state.textContent += " Press Save to see both versions."; again = false; return; }
    } catch {
      state.textContent = "Not saved just now: the registry does not answer. What you typed is still here.";
    } finally {
      running = false;
    }
    if (again) { again = false; save(); }
  }
  form.addEventListener("input", () => { state.textContent = "…"; clearTimeout(timer); timer = setTimeout(save, 900); });
  form.addEventListener("submit", () => clearTimeout(timer));
});
