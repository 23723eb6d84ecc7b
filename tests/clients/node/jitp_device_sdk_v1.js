'use strict';
// The AWS IoT Device SDK v1 knocks with a certificate that nobody registered. Its own back-off reconnects.
//
//   settings  host, port; ca, certificate, key (file names); clientId, topic
//   events    closed, once a refusal; connected; published

const { device } = require('aws-iot-device-sdk');
const { say, tell } = require('./story');

tell(
  (settings) =>
    new Promise((resolve, reject) => {
      const { host, port, clientId, topic } = settings;
      const client = device({
        host,
        port,
        clientId,
        caPath: settings.ca,
        certPath: settings.certificate,
        keyPath: settings.key,
        baseReconnectTimeMs: 20,
      });
      client.on('close', () => say('closed'));
      client.on('error', reject);
      client.on('connect', () => {
        say('connected');
        client.publish(topic, 'hello', { qos: 1 }, (error) => {
          if (error) return reject(error);
          say('published', { topic });
          client.removeAllListeners('close');
          client.end(false, resolve);
        });
      });
    }),
);
