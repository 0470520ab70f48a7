// A service with OpenTelemetry's SDK for Node, to be driven as `propagation_service` is.
//
// Usage: node node_service.js NAME SPANS, where SPANS is a file that gets the spans, as OTLP/JSON.

const { appendFileSync } = require('node:fs');
const { NodeSDK, tracing } = require('@opentelemetry/sdk-node');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { JsonTraceSerializer } = require('@opentelemetry/otlp-transformer');

const [, , serviceName, spansFile] = process.argv;

const exporter = {
  export(spans, done) {
    appendFileSync(spansFile, Buffer.from(JsonTraceSerializer.serializeRequest(spans)) + '\n');
    done({ code: 0 });
  },
  shutdown: async () => {},
};
const sdk = new NodeSDK({
  serviceName,
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
  instrumentations: [new HttpInstrumentation()],
});
sdk.start();

// After the start: what is loaded before is not instrumented.
const http = require('node:http');
const patience = 10_000; // ms

function post(url, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const request = http.request(url, { method: 'POST', headers, timeout: patience }, response => {
      const failed = response.statusCode >= 400;
      response.resume();
      response.on('end', () => (failed ? reject(new Error(response.statusCode)) : resolve()));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });
}

async function callAll(request, response) {
  try {
    let body = '';
    for await (const chunk of request) body += chunk;
    for (const call of JSON.parse(body)) await post(call.url, JSON.stringify(call.arguments));
  } catch (error) {
    response.statusCode = 502;
    console.error(error);
  }
  response.end();
}

const server = http.createServer(callAll).listen(0, '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
process.on('SIGINT', () => sdk.shutdown().finally(() => process.exit(0)));
