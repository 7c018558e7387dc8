// Sends the pictures one by one, each with a preview, a progress bar and an answer of its own: first the file in pieces (tus 1.0), so
// that a lost connection costs one piece, then the form with the file's name at the portal. Without this script the form sends all at once.
const form = document.getElementById("upload-form");
const list = document.getElementById("uploads");
const drop = document.getElementById("drop");
const hint = document.getElementById("upload-hint");
const flag = document.getElementById("red-flag");
const inputs = form.querySelectorAll('input[type="file"]');
const maxBytes = Number(form.dataset.maxBytes);
const button = form.querySelector('button[type="submit"]');
const oneForAll = form.querySelector("[data-one-for-all]");
const sideOfEach = form.querySelector("[data-side-of-each]");
let waiting = [];

if (oneForAll) oneForAll.disabled = oneForAll.hidden = true; // each picture is asked for itself: both eyes can be sent at once

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
  const name = file.name || gettext("Pasted picture");
  const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
  const said = made("p", "small muted", interpolate(gettext("%(size)s, ready to send"), { size }, true));
  const bar = made("progress");
  bar.max = 100;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", interpolate(gettext("Upload of %(name)s"), { name }, true));
  const text = made("div");
  text.append(made("p", "", name), said, bar);
  const side = sideOfEach?.content.firstElementChild.cloneNode(true);
  if (side) {
    side.querySelector("select").setAttribute("aria-label", `${side.querySelector("span").textContent} ${name}`);
    text.append(side);
  }
  const remove = made("button", "button bare", gettext("Remove"));
  remove.type = "button";
  remove.setAttribute("aria-label", interpolate(gettext("Remove %(name)s"), { name }, true));
  remove.addEventListener("click", () => {
    waiting = waiting.filter((item) => item.row !== row);
    row.remove();
    inputs[0].focus();
  });
  row.append(canvas, text, remove);
  list.append(row);
  return { file, row, said, bar, remove, side };
}

function refuse(item, message) {
  item.said.textContent = message;
  item.said.className = "small error";
  item.bar.hidden = true;
  item.remove.hidden = false;
  if (item.side) item.side.hidden = false;
}

function add(files) {
  hint.hidden = true;
  for (const file of files) {
    const item = line(file);
    if (file.size > maxBytes) refuse(item, gettext("The file is larger than 20 MB. Please send a smaller copy of the picture."));
    else waiting.push(item);
  }
}

function arrived(item, answer) {
  const link = made("a", "", answer.created ? gettext("Uploaded: see its answer") : gettext("You sent this picture before: see its answer"));
  link.href = answer.url;
  item.said.className = "small";
  item.said.replaceChildren(link);
  item.bar.hidden = true;
}

function signedOut(item) {
  refuse(item, `${gettext("You have been signed out.")} `);
  const link = made("a", "", gettext("Sign in again"));
  link.href = form.dataset.signIn;
  item.said.append(link);
}

const PIECE = 256 * 1024;
const PATIENCE = [1, 2, 4, 8, 15, 30, 30, 60, 60, 120, 120, 300].map((seconds) => seconds * 1000);

// The file's bytes: answers with the id that the portal knows it by. What a page that was closed had sent is not sent again.
function sendPieces(item) {
  return new Promise((done, broken) => {
    const upload = new tus.Upload(item.file, {
      endpoint: form.dataset.uploads,
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      chunkSize: PIECE,
      retryDelays: PATIENCE,
      // Kept in the browser until the file is there: says nothing of whose file it is, or what it is called.
      fingerprint: async (file) => `medinform-${file.size}-${file.lastModified}`,
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const again = !status || status >= 500 || status === 409 || status === 429;
        if (again) {
          item.said.textContent = status === 429 ? gettext("The portal is busy. It goes on by itself in a moment.") : gettext("The connection broke off. It goes on by itself as soon as it is back.");
        }
        return again;
      },
      onProgress: (sent, all) => {
        item.bar.value = (100 * sent) / all;
        item.said.textContent = sent < all ? interpolate(gettext("Sending, %(share)s %"), { share: Math.round(item.bar.value) }, true) : gettext("Checking the picture");
      },
      onError: (error) => { removeEventListener("online", goOn); broken(error); },
      onSuccess: () => { removeEventListener("online", goOn); done(upload.url.replace(/\/$/, "").split("/").pop()); },
    });
    const goOn = () => upload.abort().then(() => upload.start());
    addEventListener("online", goOn);
    upload.findPreviousUploads().then((earlier) => {
      if (earlier.length) upload.resumeFromPreviousUpload(earlier[0]);
      upload.start();
    });
  });
}

const LONGEST_MS = 3600 * 1000; // that a page goes on asking a busy portal

// A portal that says when to come back has kept the file: it is asked again then, for an hour.
async function ask(id, side, told) {
  for (const until = Date.now() + LONGEST_MS; ;) {
    const response = await askOnce(id, side);
    const seconds = Number(response.headers.get("Retry-After"));
    if (!isBusy(response) || !seconds || Date.now() + seconds * 1000 > until) return response;
    const answer = await response.clone().json().catch(() => null);
    told.textContent = [answer?.message, gettext("The file is here: it goes on by itself.")].filter(Boolean).join(" ");
    await new Promise((done) => { setTimeout(done, seconds * 1000); });
  }
}

const isBusy = (response) => response.status === 503 || response.status === 429;

// The form, with the file's id: the same request twice gives the same answer, so it is tried again.
async function askOnce(id, side) {
  const data = new FormData(form);
  if (side) data.append("laterality", side.querySelector("select").value);
  data.delete("files");
  data.append("upload", id);
  for (const wait of [1, 3, 9, 0]) {
    try {
      return await fetch(location.href, { method: "POST", body: data, headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" } });
    } catch (error) {
      if (!wait) throw error;
      await new Promise((done) => { setTimeout(done, wait * 1000); });
    }
  }
}

async function send(item) {
  item.said.className = "small muted";
  item.remove.hidden = true;
  if (item.side) item.side.hidden = true; // it is sent with the picture
  item.bar.hidden = false;
  try {
    item.id ||= await sendPieces(item); // sent before, and kept by a portal that was busy: it is not sent again
    const response = await ask(item.id, item.side, item.said);
    if (response.redirected) { signedOut(item); return null; }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer?.url) { arrived(item, answer); return answer.url; }
    refuse(item, answer?.message || gettext("The portal could not take this picture. Please try again."));
    if (isBusy(response)) waiting.push(item);
    else item.id = "";
  } catch (error) {
    const response = error.originalResponse;
    if (response?.getStatus() === 401) { signedOut(item); return null; }
    refuse(item, response ? said(response) : gettext("The connection broke off. Press the button below to go on."));
    if (!response || response.getStatus() >= 500) waiting.push(item);
  }
  return null;
}

function said(response) {
  try {
    return JSON.parse(response.getBody()).detail;
  } catch {
    return gettext("The portal could not take this picture. Please try again.");
  }
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
