/* The embedded pictures: text until they are opened, then blobs, which any size of picture may be. */

const byId = (id) => document.getElementById(id);

function element(name, className = "", text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function pictureUrl(item, place) {
  const text = atob(byId(`picture-${item}-${place}`).textContent);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
}

function fileSize(bytes) {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

function clockTime(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

const itemName = (item) => (item.seconds === null ? item.name : `${clockTime(item.seconds)} · ${item.name}`);

/* A pane with one picture of an item, and its label. */
function pane(item, index, place, columns) {
  const facts = item.panes[place];
  const figure = element("figure", "pane");
  const view = figure.appendChild(element("div", "view"));
  const image = view.appendChild(element("img"));
  image.src = pictureUrl(index, place);
  image.alt = `${columns[place]}: ${facts.name}`;
  image.draggable = false;
  image.style.width = `${facts.width}px`;
  image.style.height = `${facts.height}px`;
  const label = figure.appendChild(element("figcaption"));
  label.append(
    element("b", "", columns[place]),
    element("span", "", columns[place].includes(facts.name) ? "" : facts.name),
    element("span", "", `${facts.size} · ${fileSize(facts.bytes)}`),
    element("span", "score", facts.score ?? ""),
    element("span", "", facts.remark),
  );
  return figure;
}
