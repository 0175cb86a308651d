// Every page with a recording carries the script, so it is packed there: this unpacks and starts it.

const packed = document.getElementById("packed")!;
try {
  const bytes = Uint8Array.from(atob(packed.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = await new Response(stream).text();
  packed.replaceWith(script);
} catch (error) {
  document.getElementById("app")!.textContent = `This browser is too old for this page: ${String(error)}`;
}

export {};
