"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  const label = new Int16Array(bytes(data.label));
  const prediction = new Int16Array(bytes(data.prediction));
  const confidence = new Int16Array(bytes(data.confidence));
  const maps = data.maps.map((map) => new Uint16Array(bytes(map.xy)));
  const count = label.length;
  const isWrong = (i) => label[i] >= 0 && prediction[i] >= 0 && label[i] !== prediction[i];

  const stage = document.getElementById("stage");
  const canvas = document.getElementById("points");
  const about = document.getElementById("about");
  const ink = canvas.getContext("2d");
  const shown = new Set(data.classes.map((_, index) => index).concat(-1));
  // Indices of the images of each class, -1 for unlabelled: drawn class by class, since changing colours is slow.
  const groups = new Map([...shown].map((index) => [index, []]));
  for (let i = 0; i < count; i++) groups.get(label[i]).push(i);

  let current = 0;
  let onlyWrong = false;
  let named = true;
  let chosen = -1;
  let kept = false;
  let width = 0, height = 0, ratio = 1;
  let zoom = 1, left = 0, top = 0; // of the view, in pixels
  let planned = 0;

  const unit = () => Math.min(width, height) - 48;
  const side = (map) => {
    let right = 0, bottom = 0;
    for (let i = 0; i < map.length; i += 2) {
      if (map[i] > right) right = map[i];
      if (map[i + 1] > bottom) bottom = map[i + 1];
    }
    return [right / 65535, bottom / 65535];
  };
  const sides = maps.map(side);
  const x = (i) => left + zoom * unit() * maps[current][2 * i] / 65535;
  // The vertical axis points up, as in the static figures.
  const y = (i) => top + zoom * unit() * (sides[current][1] - maps[current][2 * i + 1] / 65535);

  const showWholeMap = () => {
    zoom = 1;
    const [right, bottom] = sides[current];
    left = (width - unit() * right) / 2;
    top = (height - unit() * bottom) / 2;
    draw();
  };

  const SHAPES = {
    circle: (p, a, b, r) => { p.moveTo(a + r, b); p.arc(a, b, r, 0, 6.2832); },
    square: (p, a, b, r) => p.rect(a - 0.9 * r, b - 0.9 * r, 1.8 * r, 1.8 * r),
    up: (p, a, b, r) => { p.moveTo(a, b - 1.2 * r); p.lineTo(a + 1.1 * r, b + 0.8 * r); p.lineTo(a - 1.1 * r, b + 0.8 * r); p.closePath(); },
    down: (p, a, b, r) => { p.moveTo(a, b + 1.2 * r); p.lineTo(a + 1.1 * r, b - 0.8 * r); p.lineTo(a - 1.1 * r, b - 0.8 * r); p.closePath(); },
    diamond: (p, a, b, r) => { p.moveTo(a, b - 1.2 * r); p.lineTo(a + 1.2 * r, b); p.lineTo(a, b + 1.2 * r); p.lineTo(a - 1.2 * r, b); p.closePath(); },
    plus: (p, a, b, r) => { p.rect(a - 1.2 * r, b - 0.4 * r, 2.4 * r, 0.8 * r); p.rect(a - 0.4 * r, b - 1.2 * r, 0.8 * r, 2.4 * r); },
    cross: (p, a, b, r) => { p.moveTo(a - r, b - r); p.lineTo(a, b - 0.4 * r); p.lineTo(a + r, b - r); p.lineTo(a + 0.4 * r, b); p.lineTo(a + r, b + r); p.lineTo(a, b + 0.4 * r); p.lineTo(a - r, b + r); p.lineTo(a - 0.4 * r, b); p.closePath(); },
  };
  // Each marker is drawn once and copied: ten thousand paths per frame would be slow.
  const sprites = new Map();
  const sprite = (shape, colour, radius) => {
    const key = [shape, colour, radius.toFixed(1), ratio].join();
    if (!sprites.has(key)) {
      const half = Math.ceil(1.3 * radius + 4);
      const image = document.createElement("canvas");
      image.width = image.height = 2 * half * ratio;
      const pen = image.getContext("2d");
      pen.scale(ratio, ratio);
      if (shape === "ring") {
        pen.strokeStyle = colour;
        pen.lineWidth = 1;
        pen.arc(half, half, radius + 1.2, 0, 6.2832);
        pen.stroke();
      } else {
        const path = new Path2D();
        SHAPES[shape](path, half, half, radius);
        pen.globalAlpha = 0.75;
        pen.fillStyle = colour;
        pen.fill(path);
      }
      if (sprites.size > 400) sprites.clear();
      sprites.set(key, { image, half });
    }
    return sprites.get(key);
  };
  const look = (index) => data.classes[index] || { colour: data.unlabelled, shape: "circle" };
  const inSight = (a, b) => a > -9 && b > -9 && a < width + 9 && b < height + 9;

  const paint = () => {
    planned = 0;
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    ink.clearRect(0, 0, width, height);
    const base = Math.max(1.6, Math.min(4, 110 / Math.sqrt(count)));
    const radius = base * Math.min(2.4, Math.sqrt(zoom));
    const ring = sprite("ring", "#1f2328", radius);
    const ringed = [];
    for (const [index, members] of groups) {
      if (!shown.has(index)) continue;
      const { colour, shape } = look(index);
      const mark = sprite(shape, colour, radius);
      for (const i of members) {
        const wrong = isWrong(i);
        if (onlyWrong && !wrong) continue;
        const a = x(i), b = y(i);
        if (!inSight(a, b)) continue;
        ink.drawImage(mark.image, a - mark.half, b - mark.half, 2 * mark.half, 2 * mark.half);
        if (wrong) ringed.push(a, b);
      }
    }
    for (let k = 0; k < ringed.length; k += 2) {
      ink.drawImage(ring.image, ringed[k] - ring.half, ringed[k + 1] - ring.half, 2 * ring.half, 2 * ring.half);
    }
    if (named) names();
    if (chosen >= 0) {
      ink.beginPath();
      ink.arc(x(chosen), y(chosen), radius + 5, 0, 6.2832);
      ink.lineWidth = 2.2;
      ink.strokeStyle = "#1f2328";
      ink.stroke();
    }
    placeAbout();
  };
  const draw = () => { if (!planned) planned = requestAnimationFrame(paint); };

  const names = () => {
    ink.font = "600 13px system-ui, sans-serif";
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    for (const [index, members] of groups) {
      if (index < 0 || !shown.has(index) || !members.length) continue;
      const [a, b] = middle(index);
      ink.lineWidth = 4;
      ink.strokeStyle = "#ffffff";
      ink.strokeText(data.classes[index].name, a, b);
      ink.fillStyle = "#1f2328";
      ink.fillText(data.classes[index].name, a, b);
    }
  };
  const middles = maps.map(() => new Map());
  const middle = (index) => {
    const known = middles[current];
    if (!known.has(index)) {
      const members = groups.get(index), half = members.length >> 1;
      const of = (axis) => Float64Array.from(members, (i) => maps[current][2 * i + axis]).sort()[half] / 65535;
      known.set(index, [of(0), of(1)]);
    }
    const [a, b] = known.get(index);
    return [left + zoom * unit() * a, top + zoom * unit() * (sides[current][1] - b)];
  };

  const visible = (i) => shown.has(label[i]) && (!onlyWrong || isWrong(i));
  const nearest = (a, b, reach, allowed = () => true) => {
    let best = -1, least = reach * reach;
    for (let i = 0; i < count; i++) {
      const far = (x(i) - a) ** 2 + (y(i) - b) ** 2;
      if (far < least && visible(i) && allowed(i)) { best = i; least = far; }
    }
    return best;
  };

  const loaded = new Map();
  const sheet = (kind, number) => {
    const key = kind + "/" + number;
    if (!loaded.has(key)) {
      const image = new Image();
      image.src = data.sheets[kind].sources[number];
      loaded.set(key, image.decode().then(() => image));
    }
    return loaded.get(key);
  };
  const copy = (kind, i) => {
    const { cell, picture, columns, each } = data.sheets[kind];
    const target = document.createElement("canvas");
    [target.height, target.width] = picture;
    const within = i % each;
    sheet(kind, Math.floor(i / each)).then((image) => target.getContext("2d").drawImage(
      image, (within % columns) * cell[1], Math.floor(within / columns) * cell[0], picture[1], picture[0], 0, 0, picture[1], picture[0]));
    return target;
  };
  const element = (tag, text, className) => {
    const node = document.createElement(tag);
    node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const nameOf = (index) => (index >= 0 ? data.classes[index].name : "unlabelled");

  const choose = (i) => {
    if (i === chosen) return;
    chosen = i;
    about.hidden = i < 0;
    if (i >= 0) {
      const pair = element("div", "", "pair");
      ["image", "reconstruction"].slice(0, data.sheets.length).forEach((title, kind) => {
        const figure = document.createElement("figure");
        figure.append(copy(kind, i), title);
        pair.append(figure);
      });
      const lines = [pair, element("p", data.classes.length ? "class: " + nameOf(label[i]) : "")];
      if (prediction[i] >= 0) {
        lines.push(element("p", "predicted: " + nameOf(prediction[i]) + ", " + (confidence[i] / 10).toFixed(1) + "%", isWrong(i) ? "wrong" : ""));
      }
      lines.push(element("p", data.names[i], "soft"));
      about.replaceChildren(...lines);
    }
    draw();
  };
  const placeAbout = () => {
    if (about.hidden) return;
    const a = x(chosen), b = y(chosen), w = about.offsetWidth, h = about.offsetHeight;
    about.style.left = Math.max(4, Math.min(width - w - 4, a + 16 + w > width ? a - w - 16 : a + 16)) + "px";
    about.style.top = Math.max(4, Math.min(height - h - 4, b - h / 2)) + "px";
  };

  const zoomAt = (a, b, factor) => {
    const next = Math.max(0.5, Math.min(60, zoom * factor));
    left = a - (a - left) * next / zoom;
    top = b - (b - top) * next / zoom;
    zoom = next;
    draw();
  };
  const pointers = new Map();
  let moved = 0;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(...at(event), Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)));
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (!kept) choose(nearest(...now, 14));
      return;
    }
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    if (others.length) {
      const [other] = others;
      const far = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]) || 1;
      zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, far(now) / far(before));
    } else {
      left += now[0] - before[0];
      top += now[1] - before[1];
      draw();
    }
    moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    pointers.set(event.pointerId, now);
  });
  const released = (event) => {
    if (pointers.delete(event.pointerId) && moved < 5 && event.type === "pointerup") {
      const index = nearest(...at(event), 18);
      kept = index >= 0 && !(kept && index === chosen);
      choose(index);
    }
  };
  canvas.addEventListener("pointerup", released);
  canvas.addEventListener("pointercancel", released);
  canvas.addEventListener("pointerleave", () => { if (!kept) choose(-1); });
  canvas.addEventListener("dblclick", showWholeMap);
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key === "+" || event.key === "=") zoomAt(width / 2, height / 2, 1.3);
    else if (event.key === "-") zoomAt(width / 2, height / 2, 1 / 1.3);
    else if (event.key === "Escape") { kept = false; choose(-1); }
    else if (steps[event.key]) {
      const [a, b] = chosen < 0 ? [width / 2, height / 2] : [x(chosen), y(chosen)];
      const [right, down] = steps[event.key];
      // Points that are further along this direction than across it.
      const ahead = (i) => {
        const along = (x(i) - a) * right + (y(i) - b) * down;
        return i !== chosen && along > 0 && along >= Math.abs((x(i) - a) * down + (y(i) - b) * right);
      };
      const index = chosen < 0 ? nearest(a, b, 1e6) : nearest(a, b, 1e6, ahead);
      if (index >= 0) { kept = true; choose(index); }
    } else return;
    event.preventDefault();
  });

  const button = (text, pressed, onClick) => {
    const node = element("button", text);
    node.type = "button";
    node.setAttribute("aria-pressed", pressed);
    node.addEventListener("click", onClick);
    return node;
  };
  const mapButtons = data.maps.map((map, index) => button(map.title, index === 0, () => {
    current = index;
    mapButtons.forEach((other, position) => other.setAttribute("aria-pressed", position === index));
    showWholeMap();
  }));
  document.getElementById("maps").append(...mapButtons);
  const classButtons = data.classes.map((class_, index) => {
    const toggle = () => { if (!shown.delete(index)) shown.add(index); };
    const node = button("", true, (event) => {
      if (event.detail > 1) return; // the second click of a double click
      toggle();
      refresh();
    });
    node.addEventListener("dblclick", () => {
      toggle(); // undo the first click
      const alone = shown.size === 1 && shown.has(index);
      shown.clear();
      (alone ? data.classes.map((_, other) => other).concat(-1) : [index]).forEach((other) => shown.add(other));
      refresh();
    });
    const mark = document.createElement("canvas");
    [mark.width, mark.height] = [28, 28];
    mark.style.cssText = "width:14px;height:14px;background:#fff;border-radius:3px;flex:none";
    const path = new Path2D();
    SHAPES[class_.shape](path, 14, 14, 9);
    const pen = mark.getContext("2d");
    pen.fillStyle = class_.colour;
    pen.fill(path);
    node.append(mark, class_.name);
    return node;
  });
  const refresh = () => {
    classButtons.forEach((node, index) => node.setAttribute("aria-pressed", shown.has(index)));
    if (chosen >= 0 && !visible(chosen)) { kept = false; choose(-1); }
    draw();
  };
  const classes = document.getElementById("classes");
  if (classes) classes.append(...classButtons);
  const mistakes = document.getElementById("mistakes");
  if (mistakes) mistakes.addEventListener("change", () => { onlyWrong = mistakes.checked; refresh(); });
  const boxOfNames = document.getElementById("names");
  if (boxOfNames) boxOfNames.addEventListener("change", () => { named = boxOfNames.checked; draw(); });
  document.getElementById("whole").addEventListener("click", showWholeMap);

  new ResizeObserver(() => {
    const before = [width, height];
    [width, height, ratio] = [stage.clientWidth, stage.clientHeight, window.devicePixelRatio || 1];
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    if (before[0] !== width || before[1] !== height) showWholeMap();
  }).observe(stage);
})();
