'use strict';
// Fleet provisioning by claim with the AWS IoT Device SDK v2: a certificate with new keys, or for our own key; a thing;
// then the device as that thing.
//
//   settings  host, port, ca; identityClient (1 or 2); claim {clientId, certificate, key}; template, parameters;
//             csr and key (PEM) to have our own key certified
//   events    created {certificateId}; rejected {statusCode, errorCode, errorMessage} and no more,
//             or provisioned {thingName, deviceConfiguration}, received {topic, text}

const { Device, Identity } = require('./sdk_device');
const { say, tell } = require('./story');

async function provision(settings) {
  const claim = await Device.connect(settings, settings.claim);
  const identity = new Identity[settings.identityClient](claim);
  try {
    const created = settings.csr
      ? await identity.createCertificateFromCsr(settings.csr)
      : await identity.createKeysAndCertificate();
    say('created', { certificateId: created.certificateId });

    const { thingName, deviceConfiguration } = await identity.registerThing({
      templateName: settings.template,
      certificateOwnershipToken: created.certificateOwnershipToken,
      parameters: settings.parameters,
    });
    say('provisioned', { thingName, deviceConfiguration });
    return { clientId: thingName, certificate: created.certificatePem, key: settings.key ?? created.privateKey };
  } finally {
    identity.close();
    await claim.close();
  }
}

tell(async (settings) => {
  try {
    const given = await provision(settings);
    const device = await Device.connect(settings, given);
    say('received', await device.echo(`devices/${given.clientId}/hello`, `I am ${given.clientId}`));
    await device.close();
  } catch (error) {
    const { statusCode, errorCode, errorMessage } = error;
    if (statusCode === undefined) throw error;
    say('rejected', { statusCode, errorCode, errorMessage });
  }
});
