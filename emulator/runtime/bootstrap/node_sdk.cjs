// The AWS SDK for JavaScript, version 2, does not know AWS_ENDPOINT_URL. Whatever way code loads it, its default
// endpoint becomes that one; regions, credentials and endpoints that code sets itself stay as they are.
'use strict';
const Module = require('module');

const endpoint = process.env.AWS_ENDPOINT_URL;
const seen = new WeakSet();

function patch(AWS) {
  seen.add(AWS);
  // Every configuration has these defaults, also one that code makes in place of the first.
  Object.assign(AWS.Config.prototype.keys, { endpoint, s3ForcePathStyle: true, hostPrefixEnabled: false });
  const config = AWS.config;
  if (config && !config.endpoint) Object.assign(config, { endpoint, s3ForcePathStyle: true, hostPrefixEnabled: false });
}

// Own members only: a module that is still being loaded warns of every other that somebody looks for.
function isSdk(loaded) {
  if (loaded === null || typeof loaded !== 'object' || seen.has(loaded)) return false;
  const has = (name) => Object.prototype.hasOwnProperty.call(loaded, name);
  return has('Service') && has('Config') && has('config') && loaded.Config.prototype.keys !== undefined;
}

if (endpoint) {
  process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1';
  const load = Module._load;
  Module._load = function (request, ...rest) {
    const loaded = load.call(this, request, ...rest);
    // 'aws-sdk', and the './core' that 'aws-sdk/clients/iot' and the like go through.
    if (typeof request === 'string' && /(aws|core|global)/.test(request)) {
      try {
        if (isSdk(loaded)) patch(loaded);
      } catch (_) { /* something else with strange members */ }
    }
    return loaded;
  };
}
