// Answering a checklist by keyboard, with drafts kept while one types and files dropped on a question. Everything works without it.
const questions = [...document.querySelectorAll("[data-question]")];
const typing = (element) => element.matches("textarea, select, input:not([type=radio])");

function go(question, by) {
  const next = questions[questions.indexOf(question) + by];
  if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
}

function press(event, question) {
  const form = question.querySelector("form");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const radios = form.querySelectorAll("input[type=radio]");
  const keys = {
    n: () => form.elements.note.focus(),
    e: () => form.elements.evidence_references.focus(),
    j: () => go(question, 1),
    k: () => go(question, -1),
  };
  if (radios[Number(event.key) - 1]) keys[event.key] = () => { radios[Number(event.key) - 1].click(); question.focus(); };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
}

async function send(question, what, body) {
  const said = question.querySelector("[data-said]");
  try {
    const answer = await fetch(`${question.dataset.question}/${what}`, { method: "POST", body });
    const found = await answer.json();
    said.textContent = found.message;
    return answer.ok ? found : null;
  } catch {
    said.textContent = "Not kept just now: the registry does not answer. What you typed is still here.";
    return null;
  }
}

async function take(question, files) {
  const form = question.querySelector("form");
  for (const file of files) {
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    body.set("file", file);
    question.querySelector("[data-said]").textContent = `${file.name} …`;
    const made = await send(question, "evidence", body);
    if (!made) return;
    const box = form.elements.evidence_references;
    box.value = [box.value.trim(), made.reference].filter(Boolean).join("\n");
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

questions.forEach((question) => {
  const form = question.querySelector("form");
  let timer;
  question.addEventListener("keydown", (event) => press(event, question));
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => send(question, "draft", new FormData(form)), 700);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  question.addEventListener("dragover", (event) => { event.preventDefault(); question.classList.add("dropping"); });
  question.addEventListener("dragleave", () => question.classList.remove("dropping"));
  question.addEventListener("drop", (event) => {
    event.preventDefault();
    question.classList.remove("dropping");
    take(question, event.dataTransfer.files);
  });
});

const wanted = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
if (wanted?.dataset.question) wanted.focus();
