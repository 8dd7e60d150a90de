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
