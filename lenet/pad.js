// A pad to draw on: LeNet-5 reads the digit in the page itself, while it is drawn.
(weights => {
  const SIZE = 32; // the network's input
  const BOX = 20; // MNIST fits the ink into 20×20 pixels ...
  const PEN = 2.6; // ... in which its strokes are about this wide
  const SMALLEST = 0.1; // of the pad: a smaller drawing is not enlarged to fill the box

  const LAYERS = { // maps out, maps in, width of the kernel
    c1: [6, 1, 5], c3: [16, 6, 5], c5: [120, 16, 5], f6: [84, 120, 1], output: [10, 84, 1],
  };
  const ROWS = { // how the outputs are shown: label, pictures, their width and height
    c1: ["C1 · 6 maps of 28×28", 6, 28, 28],
    s2: ["S2 · 6 maps of 14×14", 6, 14, 14],
    c3: ["C3 · 16 maps of 10×10", 16, 10, 10],
    s4: ["S4 · 16 maps of 5×5", 16, 5, 5],
    c5: ["C5 · 120 units", 1, 40, 3],
    f6: ["F6 · 84 units", 1, 42, 2],
  };

  const STYLE = `
    :host { display: block; max-width: 46rem; box-sizing: border-box; margin: 1rem 0;
      padding: 1.1rem; border: 1px solid #c9c9c5; border-radius: 3px; color-scheme: light;
      background: #fff; color: #1c1c1e; text-align: left; font-size: 0.9rem; line-height: 1.4 }
    @media print { :host { display: none } }
    section { display: flex; flex-wrap: wrap; gap: 1.2rem 1.6rem }
    section > div { flex: 1 1 15rem; min-width: 0 }
    section > div + div { flex-grow: 3 }
    canvas { display: block; width: 100%; box-sizing: border-box; image-rendering: pixelated }
    .pad { border: 1px solid #5c5c60; border-radius: 3px; image-rendering: auto;
      touch-action: none; user-select: none; cursor: crosshair }
    .below { display: flex; align-items: center; gap: 1rem; margin: 0.8rem 0 }
    .below figure { flex: 0 0 6rem; margin: 0 }
    p { margin: 0 0 0.6rem; font-size: 1.05rem }
    button { font: inherit; padding: 0.3rem 1rem; color: inherit; background: #fff;
      border: 1px solid #5c5c60; border-radius: 3px; cursor: pointer }
    :focus-visible { outline: 2px solid #0072b2; outline-offset: 2px }
    ol { list-style: none; margin: 0; padding: 0; font-variant-numeric: tabular-nums }
    li { display: grid; grid-template-columns: 1ch 1fr 8ch; gap: 0.6rem; align-items: center }
    li i { height: 0.65em; background: #0072b2; transform-origin: left }
    li b { font-weight: normal; text-align: right }
    figure { margin: 0 0 0.8rem }
    figcaption { margin-bottom: 0.2rem; color: #5c5c60; font-size: 0.85em }
    figure div { display: grid; gap: 3px }
    figure canvas { outline: 1px solid #dcdcd8 }`;

  const BODY = `
    <section role="group" aria-label="Draw a digit and see what the network makes of it">
      <div>
        <canvas class="pad" width="640" height="640" tabindex="0" role="img" aria-label="Pad:
          draw one digit with mouse, finger or pen. The Delete key clears it."></canvas>
        <div class="below">
          <figure><figcaption>Input · ${SIZE}×${SIZE}</figcaption>
            <canvas class="input" width="${SIZE}" height="${SIZE}" role="img"
              aria-label="The drawing as the network sees it"></canvas></figure>
          <div><p aria-live="polite"></p><button type="button">Clear</button></div>
        </div>
        <ol aria-label="Probability of each digit">
          ${[...Array(10).keys()].map(k => `<li>${k} <i></i> <b></b></li>`).join("")}
        </ol>
      </div>
      <div>${Object.entries(ROWS).map(([name, [label, count, width, height]]) => `
        <figure><figcaption>${label}</figcaption>
          <div class="${name}" role="img" aria-label="Outputs of ${label}"
            style="grid-template-columns: repeat(${Math.min(count, 8)}, 1fr)">
            ${`<canvas width="${width}" height="${height}"></canvas>`.repeat(count)}
          </div></figure>`).join("")}
      </div>
    </section>`;

  // The network, as in lenet/model.py.
  function decode(base64) { // float16, as bytes, to float32
    const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
    return Float32Array.from(new Uint16Array(bytes.buffer), bits => {
      const exponent = (bits >> 10) & 31, fraction = (bits & 1023) / 1024;
      const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
      return bits >> 15 ? -size : size;
    });
  }

  function unpack(numbers) { // each layer's weights, then its biases
    let start = 0;
    const take = count => numbers.subarray(start, start += count);
    return Object.fromEntries(Object.entries(LAYERS).map(([name, [maps, inputs, kernel]]) =>
      [name, { kernel, weights: take(maps * inputs * kernel ** 2), biases: take(maps) }]));
  }

  function convolve(input, size, { kernel, weights, biases }) {
    const maps = input.length / size ** 2, side = size - kernel + 1;
    const output = new Float32Array(biases.length * side ** 2);
    for (let o = 0, at = 0; o < biases.length; o++)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          let sum = biases[o], w = o * maps * kernel ** 2;
          for (let m = 0; m < maps; m++)
            for (let j = 0; j < kernel; j++)
              for (let i = 0; i < kernel; i++)
                sum += weights[w++] * input[(m * size + y + j) * size + x + i];
          output[at++] = sum;
        }
    return output;
  }

  function average(input, size) { // 2×2 values at a time; rows of all maps follow on
    return Float32Array.from({ length: input.length / 4 }, (_, k) => {
      const at = 4 * k - 2 * (k % (size / 2)); // two rows down for each row of the output
      return (input[at] + input[at + 1] + input[at + size] + input[at + size + 1]) / 4;
    });
  }

  const layers = unpack(decode(weights)), add = (a, b) => a + b;

  function outputs(image) { // of every layer, after its tanh
    const c1 = convolve(image, 32, layers.c1).map(Math.tanh);
    const s2 = average(c1, 28);
    const c3 = convolve(s2, 14, layers.c3).map(Math.tanh);
    const s4 = average(c3, 10);
    const c5 = convolve(s4, 5, layers.c5).map(Math.tanh);
    const f6 = convolve(c5, 1, layers.f6).map(Math.tanh);
    return { c1, s2, c3, s4, c5, f6, output: convolve(f6, 1, layers.output) };
  }

  function softmax(logits) {
    const powers = Array.from(logits, logit => Math.exp(logit - Math.max(...logits)));
    return powers.map(power => power / powers.reduce(add));
  }

  // The drawing: strokes, each a list of points in [0, 1].
  function paint(context, strokes, pen, scale, left, top) {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    Object.assign(context, { lineWidth: pen, lineCap: "round", lineJoin: "round" });
    for (const stroke of strokes) {
      context.beginPath();
      for (const [x, y] of stroke) context.lineTo(scale * x + left, scale * y + top);
      context.stroke();
    }
  }

  function ink(context) { // 0 to 1, from the canvas's opacity
    const { data } = context.getImageData(0, 0, SIZE, SIZE);
    return Float32Array.from({ length: SIZE ** 2 }, (_, k) => data[4 * k + 3] / 255);
  }

  function normalise(context, strokes) { // as MNIST: fitted into the box, centred by mass
    const axes = [0, 1].map(axis => strokes.flat().map(point => point[axis]));
    const [low, high] = [Math.min, Math.max].map(limit => axes.map(each => limit(...each)));
    const scale = (BOX - PEN) / Math.max(high[0] - low[0], high[1] - low[1], SMALLEST);
    const corner = low.map((least, axis) => (SIZE - scale * (least + high[axis])) / 2);
    paint(context, strokes, PEN, scale, ...corner);
    const image = ink(context), mass = image.reduce(add);
    const centre = [k => k % SIZE, k => Math.floor(k / SIZE)].map(position =>
      image.map((value, k) => value * position(k)).reduce(add) / mass + 0.5);
    const moved = corner.map((start, axis) => start + Math.round(SIZE / 2 - centre[axis]));
    paint(context, strokes, PEN, scale, ...moved);
    return ink(context);
  }

  // The page: this script's own element is the one beside it that is not built yet.
  const beside = document.currentScript?.parentNode ?? document;
  const host = [...beside.querySelectorAll(".lenet-pad")].find(each => !each.shadowRoot);
  const root = host.attachShadow({ mode: "open" }); // no style of the page reaches in
  root.innerHTML = `<style>${STYLE}</style>${BODY}`;
  host.outputs = outputs;
  const [pad, input, sentence] = [".pad", ".input", "p"].map(name => root.querySelector(name));
  const paper = pad.getContext("2d");
  const seen = input.getContext("2d", { willReadFrequently: true });
  let strokes = [];

  function drawMaps(name, values) { // -1 white, 1 black
    root.querySelectorAll(`.${name} canvas`).forEach((canvas, map) => {
      const { width, height } = canvas, size = width * height;
      const greys = values.subarray(map * size, (map + 1) * size).map(v => 127.5 * (1 - v));
      const pixels = Array.from(greys, grey => [grey, grey, grey, 255]).flat();
      const picture = new ImageData(Uint8ClampedArray.from(pixels), width, height);
      canvas.getContext("2d").putImageData(picture, 0, 0);
    });
  }

  function drawBars(shares, words) {
    root.querySelectorAll("li").forEach((line, digit) => {
      line.children[0].style.transform = `scaleX(${shares[digit] ?? 0})`;
      line.children[1].textContent = words[digit] ?? "";
    });
  }

  function update() {
    paint(paper, strokes, (pad.width * PEN) / 28, pad.width, 0, 0);
    const values = outputs(normalise(seen, strokes)), probs = softmax(values.output);
    Object.keys(ROWS).forEach(name => drawMaps(name, values[name]));
    const words = probs.map(share => `${(100 * share).toFixed(1)} %`);
    drawBars(probs, words);
    const best = probs.indexOf(Math.max(...probs));
    sentence.textContent = `Read as ${best}, ${words[best]}`;
  }

  function clear() {
    strokes = [];
    root.querySelectorAll("canvas").forEach(canvas => { canvas.width = canvas.width; });
    drawBars([], []);
    sentence.textContent = "Draw a digit.";
  }

  function point({ offsetX, offsetY }) {
    const within = share => Math.min(Math.max(share, 0), 1);
    return [within(offsetX / pad.clientWidth), within(offsetY / pad.clientHeight)];
  }

  pad.onpointerdown = event => {
    if (!event.isPrimary || event.button) return;
    pad.setPointerCapture(event.pointerId);
    sentence.ariaBusy = "true"; // a screen reader waits for the end of the stroke
    const [x, y] = point(event);
    strokes.push([[x, y], [x + 1e-3, y]]); // a tap is a dot
    update();
  };
  pad.onpointermove = event => {
    if (!event.isPrimary || !pad.hasPointerCapture(event.pointerId)) return;
    if (!strokes.length) return; // cleared by key meanwhile
    strokes.at(-1).push(point(event));
    update();
  };
  pad.onlostpointercapture = () => { sentence.ariaBusy = "false"; };
  pad.onkeydown = event => { if (["Delete", "Backspace"].includes(event.key)) clear(); };
  root.querySelector("button").onclick = clear;
  clear();
})("WEIGHTS");
