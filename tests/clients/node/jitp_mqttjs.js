'use strict';
// MQTT.js knocks with a certificate that nobody registered. Its own reconnect gets in.
//
//   settings  host, port; ca, certificate, key (file names); clientId, topic
//   events    closed, once a refusal; connected; published

const { readFileSync } = require('node:fs');
const { connect } = require('mqtt');
const { say, tell } = require('./story');

tell(
  (settings) =>
    new Promise((resolve, reject) => {
      const { host, port, clientId, topic } = settings;
      const client = connect({
        protocol: 'mqtts',
        host,
        port,
        clientId,
        ca: readFileSync(settings.ca),
        cert: readFileSync(settings.certificate),
        key: readFileSync(settings.key),
        reconnectPeriod: 20,
      });
      client.on('close', () => say('closed'));
      client.on('error', reject);
      client.on('connect', async () => {
        say('connected');
        await client.publishAsync(topic, 'hello', { qos: 1 });
        say('published', { topic });
        client.removeAllListeners('close');
        await client.endAsync();
        resolve();
      });
    }),
);
