// Sends the pictures one by one, each with a preview, a progress bar and an answer of its own.
// Without this script the form sends all at once.
const form = document.getElementById("upload-form");
const list = document.getElementById("uploads");
const drop = document.getElementById("drop");
const hint = document.getElementById("upload-hint");
const flag = document.getElementById("red-flag");
const inputs = form.querySelectorAll('input[type="file"]');
const maxBytes = Number(form.dataset.maxBytes);
const button = form.querySelector('button[type="submit"]');
let waiting = [];

document.querySelectorAll("[data-needs-script]").forEach((part) => { part.hidden = false; });

// Drawn on a canvas: a picture by blob: address would need a wider content security policy.
async function preview(file, canvas) {
  canvas.width = canvas.height = 112;
  try {
    const picture = await createImageBitmap(file);
    const side = Math.min(picture.width, picture.height);
    const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
    canvas.getContext("2d").drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
    picture.close();
  } catch {
    canvas.classList.add("blank"); // not a picture that the browser can read: the portal will say what is wrong
  }
}

function made(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function line(file) {
  const row = made("div", "upload");
  const canvas = made("canvas");
  canvas.setAttribute("aria-hidden", "true");
  preview(file, canvas);
  const name = file.name || "Pasted picture";
  const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
  const said = made("p", "small muted", `${size}, ready to send`);
  const bar = made("progress");
  bar.max = 100;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", `Upload of ${name}`);
  const text = made("div");
  text.append(made("p", "", name), said, bar);
  const remove = made("button", "button bare", "Remove");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove ${name}`);
  remove.addEventListener("click", () => {
    waiting = waiting.filter((item) => item.row !== row);
    row.remove();
    inputs[0].focus();
  });
  row.append(canvas, text, remove);
  list.append(row);
  return { file, row, said, bar, remove };
}

function refuse(item, message) {
  item.said.textContent = message;
  item.said.className = "small error";
  item.bar.hidden = true;
  item.remove.hidden = false;
}

function add(files) {
  hint.hidden = true;
  for (const file of files) {
    const item = line(file);
    if (file.size > maxBytes) refuse(item, "The file is larger than 20 MB. Please send a smaller copy of the picture.");
    else waiting.push(item);
  }
}

function arrived(item, answer) {
  const link = made("a", "", answer.created ? "Uploaded: see its answer" : "You sent this picture before: see its answer");
  link.href = answer.url;
  item.said.className = "small";
  item.said.replaceChildren(link);
  item.bar.hidden = true;
}

function signedOut(item) {
  refuse(item, "You have been signed out. ");
  const link = made("a", "", "Sign in again");
  link.href = form.dataset.signIn;
  item.said.append(link);
}

function send(item) {
  return new Promise((done) => {
    const data = new FormData(form);
    data.delete("files");
    data.append("files", item.file, item.file.name || "pasted.png");
    const request = new XMLHttpRequest();
    request.open("POST", location.href);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      item.bar.value = event.lengthComputable ? (100 * event.loaded) / event.total : 0;
      item.said.textContent = event.loaded < event.total ? `Sending, ${Math.round(item.bar.value)} %` : "Checking the picture";
    });
    request.addEventListener("load", () => {
      const answer = request.response;
      const taken = request.status < 300 && answer?.url;
      if (taken) arrived(item, answer);
      else if (request.responseURL.includes(form.dataset.signIn.split("?")[0])) signedOut(item);
      else refuse(item, answer?.message || "The portal could not take this picture. Please try again.");
      done(taken ? answer.url : null);
    });
    request.addEventListener("error", () => {
      refuse(item, "The connection broke off. Press the button below to try again.");
      waiting.push(item);
      done(null);
    });
    item.said.className = "small muted";
    item.remove.hidden = true;
    item.bar.hidden = false;
    request.send(data);
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!waiting.length) {
    hint.hidden = false;
    inputs[0].focus();
    return;
  }
  button.disabled = true;
  const now = waiting;
  waiting = [];
  const urls = [];
  for (const item of now) urls.push(await send(item));
  button.disabled = false;
  if (now.length === 1 && urls[0] && list.children.length === 1) location.assign(urls[0]);
  else if (urls.some(Boolean)) form.querySelector("[data-all-scans]").hidden = false;
});

inputs.forEach((input) => input.addEventListener("change", () => { add(input.files); input.value = ""; }));
["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => {
  event.preventDefault();
  drop.classList.add("over");
}));
["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("over")));
drop.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
document.addEventListener("paste", (event) => {
  add([...event.clipboardData.files].filter((file) => file.type.startsWith("image/")));
});

const showFlag = () => { flag.hidden = !form.querySelector("[data-red-flag]:checked"); };
form.addEventListener("change", showFlag);
showFlag();
