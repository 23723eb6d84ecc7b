'use strict';
// A device of the AWS IoT Device SDK v2 over MQTT 3.1.1, and the SDK's two generations of identity clients behind one
// face. A rejected request rejects its promise with the service's ErrorResponse.

const { iot, iotidentity, mqtt } = require('aws-iot-device-sdk-v2');

const QOS = mqtt.QoS.AtLeastOnce;

class Device {
  static async connect({ host, port, ca }, { clientId, certificate, key }) {
    const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(certificate, key)
      .with_certificate_authority(ca)
      .with_endpoint(host)
      .with_port(port)
      .with_client_id(clientId)
      .with_clean_session(true)
      .build();
    const connection = new mqtt.MqttClient().new_connection(config);
    connection.on('error', () => {}); // each call's own promise tells of its failure
    await connection.connect();
    return new Device(connection);
  }

  constructor(connection) {
    this.connection = connection;
  }

  // Publishes to a topic that it subscribed to; gives what came back.
  echo(topic, text) {
    return new Promise((resolve, reject) => {
      const hear = (from, payload) => resolve({ topic: from, text: Buffer.from(payload).toString() });
      this.connection
        .subscribe(topic, QOS, hear)
        .then(() => this.connection.publish(topic, text, QOS))
        .catch(reject);
    });
  }

  close() {
    return this.connection.disconnect();
  }
}

// The caller subscribes to accepted and rejected, then publishes.
class IdentityV1 {
  constructor(device) {
    this.client = new iotidentity.IotIdentityClient(device.connection);
  }

  createKeysAndCertificate() {
    return this.#ask('CreateKeysAndCertificate', {});
  }

  createCertificateFromCsr(certificateSigningRequest) {
    return this.#ask('CreateCertificateFromCsr', { certificateSigningRequest });
  }

  registerThing(request) {
    return this.#ask('RegisterThing', request);
  }

  close() {}

  #ask(operation, request) {
    return new Promise((resolve, reject) => {
      const accepted = (error, response) => (error ? reject(error) : resolve(response));
      const rejected = (error, response) => reject(error ?? response);
      Promise.all([
        this.client[`subscribeTo${operation}Accepted`](request, QOS, accepted),
        this.client[`subscribeTo${operation}Rejected`](request, QOS, rejected),
      ])
        .then(() => this.client[`publish${operation}`](request, QOS))
        .catch(reject);
    });
  }
}

// One promise a call; the client subscribes by itself.
class IdentityV2 {
  constructor(device) {
    this.client = iotidentity.IotIdentityClientv2.newFromMqtt311(device.connection, {
      maxRequestResponseSubscriptions: 4,
      maxStreamingSubscriptions: 1,
      operationTimeoutInSeconds: 20,
    });
  }

  createKeysAndCertificate() {
    return this.#ask('createKeysAndCertificate', {});
  }

  createCertificateFromCsr(certificateSigningRequest) {
    return this.#ask('createCertificateFromCsr', { certificateSigningRequest });
  }

  registerThing(request) {
    return this.#ask('registerThing', request);
  }

  close() {
    this.client.close();
  }

  async #ask(operation, request) {
    try {
      return await this.client[operation](request);
    } catch (error) {
      throw error.modeledError ?? error;
    }
  }
}

module.exports = { Device, Identity: { 1: IdentityV1, 2: IdentityV2 } };
