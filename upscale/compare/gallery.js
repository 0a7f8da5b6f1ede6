/* All items: cards to open them from, what is known of all, and the strip below an open one. */

function showSummary(facts) {
  const root = byId("summary");
  if (facts.protocol) {
    const table = root.appendChild(element("table"));
    facts.means.forEach((mean, place) => {
      const row = table.insertRow();
      const head = row.appendChild(element("th", "", facts.columns[place]));
      head.scope = "row";
      row.appendChild(element("td", "", mean ?? "not scored"));
    });
    root.append(element("p", "", `Means. ${facts.protocol}.`));
  }
  for (const [words, names] of [
    ["Without a partner, and left out", facts.lonely],
    ["Could not be read, and left out", facts.failed],
    ["Shown only in part", facts.partly],
    ["Without an original, and not scored", facts.unmeasured],
  ]) if (names.length) root.append(element("p", "", `${words}: ${names.join(", ")}.`));
}

function showCards(facts) {
  byId("cards").append(...facts.items.map((item, index) => {
    const card = element("li");
    const link = card.appendChild(thumbnailLink(item, index));
    link.append(element("strong", "", itemName(item)));
    item.panes.forEach((pane, place) => {
      const line = link.appendChild(element("small"));
      line.append(element("span", "", facts.columns[place]), element("span", "", pane.score ?? pane.size));
    });
    return card;
  }));
}

function showStrip(facts) {
  const strip = byId("strip");
  strip.hidden = facts.items.length < 2;
  strip.append(...facts.items.map((item, index) => {
    const link = thumbnailLink(item, index);
    link.title = itemName(item);
    link.firstChild.alt = itemName(item);
    if (item.seconds !== null) link.append(element("span", "", clockTime(item.seconds)));
    return link;
  }));
}

function thumbnailLink(item, index) {
  const link = element("a");
  link.href = `#${index + 1}`;
  const image = link.appendChild(element("img"));
  image.decoding = "async";
  image.alt = "";
  image.src = item.thumbnail;
  return link;
}
