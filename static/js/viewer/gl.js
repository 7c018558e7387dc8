// Draws a picture by WebGL: the picture lies on the graphics card, and a frame costs the pixels of the stage, however many the picture has.
import { matrix, scale, windowing } from "./view.js";

const LARGEST_TILE = 4096; // every card takes it; larger pictures are laid out in tiles
const EDGE = 1; // pixels that neighbours share, so that no seam shows between them
const PIXELATED_FROM = 4; // from here on the picture's own pixels are shown
// Without a graphics card WebGL is computed on the processor and read back for every frame: the canvas is then faster
// (`python -m benchmarks --only viewer`), so that such a context is refused.
const ASKED = { alpha: false, antialias: false, depth: false, powerPreference: "high-performance", failIfMajorPerformanceCaveat: true };
const ON_THE_PROCESSOR = /swiftshader|llvmpipe|softpipe|software|basic render/i; // browsers do not always call these a caveat

const VERTEX = `#version 300 es
in vec2 corner;
uniform mat3 matrix;
uniform vec4 place; // of the tile in the picture: left, top, width, height
uniform vec4 inside; // the same in the texture, from 0 to 1
out vec2 at;
void main() {
  at = inside.xy + corner * inside.zw;
  gl_Position = vec4((matrix * vec3(place.xy + corner * place.zw, 1.0)).xy, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec2 at;
uniform sampler2D tile;
uniform float slope, intercept;
uniform bool green;
out vec4 colour;
void main() {
  vec3 level = texture(tile, at).rgb;
  colour = vec4(clamp((green ? level.ggg : level) * slope + intercept, 0.0, 1.0), 1.0);
}`;

function isSlow(gl) {
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  return ON_THE_PROCESSOR.test(gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

export class GlScreen {
  // Resolves to null where there is no WebGL 2, or only one that is slower than the canvas.
  static async of(picture, size, onlost) {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2", ASKED);
    if (!gl || isSlow(gl)) return null;
    const screen = new GlScreen(canvas, gl, size);
    await screen.lay(picture);
    if (gl.isContextLost()) return null;
    canvas.addEventListener("webglcontextlost", onlost);
    screen.forget = () => { canvas.removeEventListener("webglcontextlost", onlost); gl.getExtension("WEBGL_lose_context")?.loseContext(); canvas.remove(); };
    return screen;
  }

  constructor(canvas, gl, size) {
    Object.assign(this, { element: canvas, gl, size, tiles: [] });
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "corner");
    gl.linkProgram(program);
    gl.useProgram(program);
    this.at = Object.fromEntries(["matrix", "place", "inside", "slope", "intercept", "green"].map((name) => [name, gl.getUniformLocation(program, name)]));
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.clearColor(12 / 255, 17 / 255, 22 / 255, 1); // --viewer
  }

  // Colour profiles are not applied: the practitioner sees the levels that the model sees.
  async lay(picture) {
    const { gl, size } = this;
    const side = Math.min(LARGEST_TILE, gl.getParameter(gl.MAX_TEXTURE_SIZE)) - 2 * EDGE;
    for (let top = 0; top < size.height; top += side) {
      for (let left = 0; left < size.width; left += side) {
        const width = Math.min(side, size.width - left), height = Math.min(side, size.height - top);
        const [x, y] = [Math.max(0, left - EDGE), Math.max(0, top - EDGE)];
        const [whole, high] = [Math.min(size.width, left + width + EDGE) - x, Math.min(size.height, top + height + EDGE) - y];
        const bitmap = await createImageBitmap(picture, x, y, whole, high, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
        const texture = gl.createTexture();
        gl.bindTexture(gl.TEXTURE_2D, texture);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
        bitmap.close();
        gl.generateMipmap(gl.TEXTURE_2D);
        gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
        gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
        gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
        this.tiles.push({ texture, place: [left, top, width, height], inside: [(left - x) / whole, (top - y) / high, width / whole, height / high] });
      }
    }
  }

  draw(view, box) {
    const { gl, at } = this;
    const width = Math.max(1, Math.round(box.width * box.dense)), height = Math.max(1, Math.round(box.height * box.dense));
    if (this.element.width !== width || this.element.height !== height) Object.assign(this.element, { width, height });
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const m = matrix(view, box, this.size);
    const [across, down] = [2 / box.width, -2 / box.height];
    gl.uniformMatrix3fv(at.matrix, false, [m.a * across, m.b * down, 0, m.c * across, m.d * down, 0, m.e * across - 1, m.f * down + 1, 1]);
    const { slope, intercept } = windowing(view);
    gl.uniform1f(at.slope, slope);
    gl.uniform1f(at.intercept, intercept);
    gl.uniform1i(at.green, view.green ? 1 : 0);
    const larger = scale(view, box, this.size) * box.dense > PIXELATED_FROM ? gl.NEAREST : gl.LINEAR;
    for (const { texture, place, inside } of this.tiles) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, larger);
      gl.uniform4fv(at.place, place);
      gl.uniform4fv(at.inside, inside);
      gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    }
  }
}
