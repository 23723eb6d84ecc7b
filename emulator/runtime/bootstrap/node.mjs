// Runs a Lambda function of Node.js: loads the handler, then asks the runtime API for one event after the other
// and answers it. Written for every Node.js from 14 on.
import { createRequire } from 'module';
import fs from 'fs';
import http from 'http';
import path from 'path';
import { pathToFileURL } from 'url';
import { types, format } from 'util';
import * as modules from 'module';

const require = createRequire(import.meta.url);
const here = path.dirname(process.argv[1]);
const env = process.env;
const root = env.LAMBDA_TASK_ROOT;
const maxAnswer = 6291556;
const [apiHost, apiPort] = env.AWS_LAMBDA_RUNTIME_API.split(':');
// It is ours alone: what the handler starts does not get it.
const token = { 'Iotemu-Runtime-Token': env._IOTEMU_RUNTIME_TOKEN };
delete env._IOTEMU_RUNTIME_TOKEN;
// One connection for life; an idle one does not keep the event loop from being empty.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/// The event under way: {id, respond, fail, waiting}.
let current;

function ask(method, what, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? undefined : Buffer.from(body);
    const request = http.request(
      {
        agent, method, host: apiHost, port: apiPort, path: `/2018-06-01/runtime/${what}`,
        headers: content === undefined ? { ...token, ...headers }
          : { ...token, ...headers, 'Content-Type': 'application/json', 'Content-Length': content.length },
      },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => resolve({
          status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8'),
        }));
        response.on('error', reject);
      });
    request.on('error', reject);
    request.end(content);
  });
}

function hasGone(error) {
  return Boolean(error) && (error.syscall !== undefined || error.code === 'ECONNRESET');
}

function named(type, message) {
  const error = new Error(message);
  error.name = type;
  return error;
}

function describe(error) {
  try {
    if (types.isNativeError(error) || (error && error.name && error.message !== undefined)) {
      return {
        errorType: String(error.name), errorMessage: String(error.message),
        trace: String(error.stack || '').split('\n'),
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch (_) {
    return { errorType: 'handled', errorMessage: 'The error cannot be shown', trace: [] };
  }
}

function report(document) {
  return JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value));
}

function patchConsole() {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', warn: 'WARN', error: 'ERROR', trace: 'TRACE' };
  for (const [name, level] of Object.entries(levels)) {
    console[name] = (...values) => {
      let text = format(...values);
      if (name === 'trace') text += '\n' + String(new Error().stack).split('\n').slice(2).join('\n');
      // One record is one line; a carriage return inside stands for a line's end.
      const line = [new Date().toISOString(), String(current && current.id), level, text].join('\t');
      process.stdout.write(line.replace(/\n/g, '\r') + '\n');
    };
  }
}

function logError(what, error, document) {
  console.error(what, JSON.stringify({ ...document, trace: undefined, stack: document.trace, code: error && error.code }));
}

async function loadFile(file) {
  if (file.endsWith('.mjs')) return import(pathToFileURL(file).href);
  try {
    return require(file);
  } catch (error) {
    if (error && ['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(error.code)) {
      return import(pathToFileURL(file).href);
    }
    throw error;
  }
}

async function loadModule(folder, name) {
  const file = path.resolve(folder, name);
  for (const candidate of [file, `${file}.js`, `${file}.mjs`, `${file}.cjs`]) {
    if (fs.existsSync(candidate) && fs.statSync(candidate).isFile()) return loadFile(candidate);
  }
  return loadFile(require.resolve(name, { paths: [folder, root] }));
}

async function loadHandler(handler) {
  if (handler.includes('..')) {
    throw named('Runtime.MalformedHandlerName', `'${handler}' is not a valid handler name. Use absolute paths `
      + 'when specifying root directories in handler names.');
  }
  const base = path.basename(handler);
  const parts = /^([^.]*)\.(.*)$/.exec(base);
  if (!parts) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  let found;
  try {
    found = await loadModule(path.resolve(root, handler.slice(0, handler.indexOf(base))), parts[1]);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrapped('Runtime.UserCodeSyntaxError', error);
    if (error && ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error.code)) {
      throw wrapped('Runtime.ImportModuleError', error);
    }
    throw error;
  }
  for (const key of parts[2].split('.')) found = found && found[key];
  if (found === undefined) throw named('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw named('Runtime.HandlerNotFound', `${handler} is not a function`);
  return found;
}

function wrapped(type, error) {
  const result = named(type, String(error));
  result.stack = error.stack;
  return result;
}

function parseOr(text, fallback) {
  try {
    return JSON.parse(text);
  } catch (_) {
    return fallback;
  }
}

/// What the handler knows of its event; done, succeed and fail are for code of the first years.
function contextOf(headers, finish) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parseOr(headers['lambda-runtime-client-context'] || '', undefined),
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, value) => finish(error, value),
    succeed: (value) => finish(null, value),
    fail: (error) => finish(error === undefined || error === null ? new Error('handled') : error),
  };
}

/// Calls the handler once; resolves to what is posted, as {document} of an error or {answer}.
function run(handler, event, headers) {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (result) => {
      if (settled) return;
      settled = true;
      resolve(result);
    };
    current = { id: headers['lambda-runtime-aws-request-id'], settle, whenEmpty: () => settle({ value: undefined }) };
    let context;
    const finishNow = (error, value) => settle(error !== undefined && error !== null ? { error } : { value });
    const callback = (error, value) => {
      if (settled) return;
      if ((error !== undefined && error !== null) || !context.callbackWaitsForEmptyEventLoop) {
        return finishNow(error, value);
      }
      current.whenEmpty = () => settle({ value });
    };
    context = contextOf(headers, finishNow);
    try {
      const returned = handler(event, context, callback);
      if (returned && typeof returned.then === 'function') {
        returned.then((value) => settle({ value }), (error) => settle({ error }));
      }
    } catch (error) {
      settle({ error });
    }
  });
}

function answerText(value) {
  const text = JSON.stringify(value === undefined ? null : value);
  return text === undefined ? 'null' : text;
}

async function postError(id, document) {
  await ask('POST', `invocation/${id}/error`, report(document),
    { 'Lambda-Runtime-Function-Error-Type': encodeURIComponent(document.errorType) });
}

async function postOutcome(id, outcome) {
  if (!('error' in outcome)) {
    try {
      const text = answerText(outcome.value);
      if (Buffer.byteLength(text) <= maxAnswer) {
        await ask('POST', `invocation/${id}/response`, text);
        return;
      }
      outcome = {
        error: named('Function.ResponseSizeTooLarge',
          `Response payload size exceeded maximum allowed payload size (${maxAnswer} bytes).`),
      };
    } catch (error) {
      if (hasGone(error)) throw error;
      outcome = { error };
    }
  }
  const document = describe(outcome.error);
  logError('Invoke Error ', outcome.error, document);
  await postError(id, document);
}

/// An error that nobody caught: it answers the event under way, and ends this process, as AWS's does.
function watchForStrays() {
  const end = async (document, code) => {
    const id = current && current.id;
    current = undefined;
    try {
      if (id !== undefined) await postError(id, document);
    } finally {
      process.exit(code);
    }
  };
  process.on('uncaughtException', (error) => {
    const document = describe(error);
    logError('Uncaught Exception ', error, document);
    end(document, 129);
  });
  process.on('unhandledRejection', (reason) => {
    const inner = describe(reason);
    const document = {
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: types.isNativeError(reason) ? String(reason) : inner.errorMessage,
      reason: inner, promise: {},
      trace: [`Runtime.UnhandledPromiseRejection: ${inner.errorMessage}`, ...inner.trace.slice(1)],
    };
    logError('Unhandled Promise Rejection ', reason, document);
    end(document, 128);
  });
  process.on('beforeExit', () => {
    if (current) setImmediate(current.whenEmpty);
  });
}

async function serve(handler) {
  for (;;) {
    const event = await ask('GET', 'invocation/next');
    if (event.status !== 200) throw new Error(`the runtime API answered ${event.status}`);
    const id = event.headers['lambda-runtime-aws-request-id'];
    if (event.headers['lambda-runtime-trace-id']) env._X_AMZN_TRACE_ID = event.headers['lambda-runtime-trace-id'];
    const outcome = await run(handler, JSON.parse(event.body || 'null'), event.headers);
    await postOutcome(id, outcome);
    current = undefined;
  }
}

async function main() {
  patchConsole();
  require(path.join(here, 'node_sdk.cjs'));
  if (env.NODE_PATH && modules.register) {
    modules.register(pathToFileURL(path.join(here, 'node_modules.mjs')).href, { data: env.NODE_PATH });
  }
  let handler;
  try {
    handler = await loadHandler(env._HANDLER);
  } catch (error) {
    const document = describe(error);
    logError('Uncaught Exception ', error, document);
    await ask('POST', 'init/error', report(document),
      { 'Lambda-Runtime-Function-Error-Type': encodeURIComponent(document.errorType) });
    process.exit(1);
  }
  watchForStrays();
  serve(handler).catch((error) => {
    // The emulator has gone, or says no: there is nothing left to do here.
    if (hasGone(error)) process.exit(0);
    process.stderr.write(String(error && error.stack) + '\n');
    process.exit(1);
  });
}

main();
