// <nbd-plot>: bytes a second and requests in flight over the last minute, and how long requests take.
import { css, html, LitElement } from 'lit';
import { grouped, shortSize } from './format.js';
import type { Meter, Sample } from './meter.js';
import { shared } from './theme.js';

/** In pixels of the page. */
const height = 40;
/** How much of the past is shown, in seconds. */
const shownSeconds = 60;
/** Milliseconds between two samples. */
const interval = 500;

export class PlotElement extends LitElement {
  static override properties = { meter: { attribute: false }, latest: { state: true } };
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--nbd-gap-large);
        font-size: var(--nbd-text-small);
      }
      .chart {
        flex: 1 1 220px;
        min-width: 120px;
        height: ${height}px;
        border-inline: 1px solid var(--nbd-rule);
        border-block-end: 1px solid var(--nbd-rule);
      }
      dl {
        display: grid;
        grid-template-columns: repeat(5, max-content);
        column-gap: 16px;
      }
      dl > div {
        min-width: 64px;
      }
      .wide {
        min-width: 92px;
      }
      dt {
        color: var(--nbd-ink-dim);
        line-height: 16px;
      }
      dd {
        line-height: 18px;
        white-space: nowrap;
      }
      @container (max-width: 700px) {
        :host {
          flex-wrap: wrap;
        }
        dl {
          grid-template-columns: repeat(3, 1fr);
          width: 100%;
        }
        .chart {
          flex-basis: 100%;
        }
      }
    `,
  ];
  declare meter: Meter | undefined;
  declare latest: Sample | undefined;

  #samples: Sample[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #resized = new ResizeObserver(() => this.#draw());
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #schemeOnChange = () => this.#draw();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#sample(), interval);
    this.#scheme.addEventListener('change', this.#schemeOnChange);
    if (this.#canvas !== null) this.#resized.observe(this.#canvas);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#scheme.removeEventListener('change', this.#schemeOnChange);
    this.#resized.disconnect();
  }

  protected override firstUpdated(): void {
    if (this.#canvas !== null) this.#resized.observe(this.#canvas);
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('meter')) return;
    this.#samples = [];
    this.latest = undefined;
    this.meter?.sample();
  }

  protected override updated(): void {
    this.#draw();
  }

  get #canvas(): HTMLCanvasElement | null {
    return this.renderRoot?.querySelector('canvas') ?? null;
  }

  #sample(): void {
    if (this.meter === undefined || document.hidden) return;
    const latest = this.meter.sample();
    this.#samples.push(latest);
    while (this.#samples.length > 0 && (this.#samples[0]?.time ?? 0) < latest.time - shownSeconds) this.#samples.shift();
    this.latest = latest;
  }

  /** Draws the bytes as an area and the requests as a dashed line, each to its own scale from 0 to its most. */
  #draw(): void {
    const canvas = this.#canvas;
    const context = canvas?.getContext('2d');
    if (canvas === null || !context) return;
    const width = canvas.clientWidth;
    const scale = devicePixelRatio;
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.round(height * scale);
    context.scale(scale, scale);
    const style = getComputedStyle(this);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const trace = (value: (sample: Sample) => number, least: number) => this.#trace(value, least, width);

    const rates = trace(({ bytesPerSecond }) => bytesPerSecond, 1);
    const area = new Path2D(rates);
    area.lineTo(width, height);
    area.lineTo(width - (this.#samples.length - 1) * stepWidth(width), height);
    context.fillStyle = colour('--nbd-zero');
    context.fill(area);
    context.strokeStyle = colour('--nbd-data');
    context.stroke(rates);
    context.setLineDash([4, 2]);
    context.lineWidth = 1.5;
    context.strokeStyle = colour('--nbd-dirty');
    context.stroke(trace(({ inFlight }) => inFlight, 4));
  }

  /** The line through the samples, the latest at the right; its top is at the most of them, or at `least`. */
  #trace(value: (sample: Sample) => number, least: number, width: number): Path2D {
    const path = new Path2D();
    const most = Math.max(least, ...this.#samples.map(value));
    const last = this.#samples.length - 1;
    this.#samples.forEach((sample, i) => {
      path.lineTo(width - (last - i) * stepWidth(width), height - 1 - (value(sample) / most) * (height - 4));
    });
    return path;
  }

  override render() {
    const { meter, latest } = this;
    const rate = shortSize(BigInt(Math.round(latest?.bytesPerSecond ?? 0)));
    return html`
      <canvas class="chart" role="img" aria-label="Bytes a second and requests in flight, over the last minute"></canvas>
      <dl>
        <div class="wide"><dt><span aria-hidden="true">▬ </span>bytes/s</dt><dd>${rate}</dd></div>
        <div><dt><span aria-hidden="true">┅ </span>in flight</dt><dd>${latest?.inFlight ?? 0}</dd></div>
        <div title="Half of the latest requests were answered within this time">
          <dt>p50</dt><dd>${milliseconds(meter?.percentile(0.5))}</dd>
        </div>
        <div title="99 of 100 of the latest requests were answered within this time">
          <dt>p99</dt><dd>${milliseconds(meter?.percentile(0.99))}</dd>
        </div>
        <div class="wide" title="${grouped(meter?.bytes ?? 0)} bytes in ${grouped(meter?.requests ?? 0)} requests">
          <dt>read so far</dt><dd>${shortSize(BigInt(meter?.bytes ?? 0))}</dd>
        </div>
      </dl>
    `;
  }
}

/** The way on the screen between two samples. */
const stepWidth = (width: number) => (width * interval) / (shownSeconds * 1000);

function milliseconds(value: number | undefined): string {
  if (value === undefined) return 'none yet';
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
