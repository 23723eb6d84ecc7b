'use strict';
// A registration function as people wrote them for years: the AWS SDK of version 2, callbacks, the region in the code.
// It takes the event of a rule, or a batch of such events from a queue, and makes of each certificate a policy, a thing
// type, a thing, for a core of Greengrass its group, and a line in a table and a queue. The certificate becomes ACTIVE
// last, so that a device that is let in finds everything there (P4.4.4).

const AWS = require('aws-sdk');
const { X509Certificate } = require('crypto');

AWS.config.update({ region: 'us-east-1' });
const iot = new AWS.Iot({ apiVersion: '2015-05-28' });
const greengrass = new AWS.Greengrass({ apiVersion: '2017-06-07' });

const POLICY = 'device-policy';
const ATTRIBUTES = { serialNumber: 'serial_number', title: 'device_type', generationQualifier: 'product_id',
                     CN: 'common_name', O: 'organization', C: 'country' };

// The subject of a certificate: one attribute a line.
function subjectOf(pem) {
  const subject = {};
  for (const line of new X509Certificate(pem).subject.split('\n')) {
    const at = line.indexOf('=');
    subject[line.slice(0, at)] = line.slice(at + 1);
  }
  return subject;
}

function policyDocument(account) {
  const arn = (resource) => `arn:aws:iot:us-east-1:${account}:${resource}`;
  const serial = '${iot:Certificate.Subject.SerialNumber}';
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['iot:Connect'], Resource: [arn(`client/${serial}`)] },
      { Effect: 'Allow', Action: ['iot:Publish', 'iot:Receive'], Resource: [arn(`topic/device/${serial}/*`)] },
      { Effect: 'Allow', Action: ['iot:Subscribe'], Resource: [arn(`topicfilter/device/${serial}/*`)] },
    ],
  });
}

// Runs steps one after another; each gets what the one before it gave.
function inOrder(steps, done) {
  const next = (index) => (error, result) => {
    if (error || index === steps.length) return done(error, result);
    steps[index](result, next(index + 1));
  };
  next(0)(null, null);
}

// What somebody else has made already is as good as made.
const unlessThere = (substitute, callback) => (error, data) => {
  if (error && error.code === 'ResourceAlreadyExistsException') return callback(null, substitute);
  callback(error, data);
};

function check(device, callback) {
  const { serialNumber, title, generationQualifier } = device.subject;
  if (!serialNumber || !generationQualifier || !['iot', 'greengrass'].includes(title)) {
    return callback(new Error(`the subject of ${device.id} is not that of a device`));
  }
  callback(null);
}

// Whoever is asked says no by failing. It is asked with no payload at all, as the model of this function did it.
function askInterceptor(device, callback) {
  if (!process.env.INTERCEPTOR) return callback(null);
  new AWS.Lambda().invoke({ FunctionName: process.env.INTERCEPTOR }, (error, answer) => {
    if (error) return callback(error);
    callback(answer.FunctionError ? new Error(`refused: ${JSON.parse(answer.Payload).errorMessage}`) : null);
  });
}

function makeCore(device, callback) {
  if (device.subject.title !== 'greengrass') return callback(null);
  const core = { CertificateArn: device.arn, Id: device.thing.thingName, SyncShadow: true,
                 ThingArn: device.thing.thingArn };
  const loggers = [];
  for (const Type of ['AWSCloudWatch', 'FileSystem']) {
    for (const Component of ['Lambda', 'GreengrassSystem']) {
      loggers.push({ Id: `${loggers.length}`, Component, Type, Level: 'DEBUG',
                     ...(Type === 'FileSystem' ? { Space: 10240 } : {}) });
    }
  }
  const version = {};
  inOrder([
    (_, then) => greengrass.createCoreDefinition({ Name: device.thing.thingArn, InitialVersion: { Cores: [core] } },
                                                 then),
    (made, then) => {
      version.CoreDefinitionVersionArn = made.LatestVersionArn;
      greengrass.createLoggerDefinition({ InitialVersion: { Loggers: loggers } }, then);
    },
    (made, then) => {
      version.LoggerDefinitionVersionArn = made.LatestVersionArn;
      greengrass.createGroup({ Name: `${device.subject.serialNumber}-group`, InitialVersion: version }, then);
    },
    (group, then) => greengrass.associateRoleToGroup({ GroupId: group.Id, RoleArn: process.env.CORE_ROLE }, then),
  ], callback);
}

// A line that cannot be written does not stop a device.
function log(device, error, callback) {
  const line = { certificateId: device.id, timestamp: Date.now(), type: error ? 'FAILURE' : 'SUCCESS',
                 thingName: device.thing ? device.thing.thingName : undefined,
                 error: error ? String(error.message) : undefined,
                 serialNumber: device.subject.serialNumber, thingCategory: device.subject.title };
  const tell = (failure) => failure && console.log('not logged:', failure.message);
  new AWS.DynamoDB.DocumentClient().put({ TableName: process.env.LOG_TABLE, Item: line }, (failure) => {
    tell(failure);
    new AWS.SQS().sendMessage({ QueueUrl: process.env.LOG_QUEUE, MessageBody: JSON.stringify(line) }, (refusal) => {
      tell(refusal);
      callback(error);
    });
  });
}

function register(event, callback) {
  const device = { id: event.certificateId, subject: {} };
  inOrder([
    (_, then) => iot.describeCertificate({ certificateId: device.id }, then),
    ({ certificateDescription: found }, then) => {
      device.arn = found.certificateArn;
      device.done = found.status === 'ACTIVE';
      device.subject = subjectOf(found.certificatePem);
      device.type = `${device.subject.generationQualifier}-device`;
      then(device.done ? 'done' : null);
    },
    (_, then) => check(device, then),
    (_, then) => askInterceptor(device, then),
    (_, then) => iot.createPolicy({ policyName: POLICY, policyDocument: policyDocument(event.awsAccountId) },
                                  unlessThere({}, then)),
    (_, then) => iot.attachPrincipalPolicy({ policyName: POLICY, principal: device.arn }, then),
    (_, then) => iot.createThingType({
      thingTypeName: device.type,
      thingTypeProperties: { searchableAttributes: ['serial_number', 'product_id', 'device_type'] },
    }, unlessThere({}, then)),
    (_, then) => {
      const thingName = `thing-${device.subject.serialNumber}`;
      const attributes = {};
      for (const [key, value] of Object.entries(device.subject)) attributes[ATTRIBUTES[key] || key] = value;
      iot.createThing({ thingName, thingTypeName: device.type, attributePayload: { attributes } },
                      unlessThere({ thingName }, then));
    },
    (thing, then) => {
      device.thing = thing;
      iot.attachThingPrincipal({ thingName: thing.thingName, principal: device.arn }, then);
    },
    (_, then) => makeCore(device, then),
    (_, then) => iot.updateCertificate({ certificateId: device.id, newStatus: 'ACTIVE' }, then),
  ], (error) => (device.done ? callback(null) : log(device, error, callback)));
}

exports.handler = (event, context, callback) => {
  const events = event.Records ? event.Records.map((record) => JSON.parse(record.body)) : [event];
  const once = new Map(events.map((one) => [one.certificateId, one]));
  const steps = [...once.values()].map((one) => (_, then) => register(one, then));
  inOrder(steps, (error) => callback(error, error ? undefined : `${once.size} registered`));
};
