// npm's @voltbras/ts-ocpp: OCPP 1.6 without its security extension, by schemas that have Celcius where OCPP has Celsius.
'use strict';

const { once } = require('events');
const { CentralSystem, ChargePoint } = require('@voltbras/ts-ocpp');
const { SECURITY } = require('../extensions');

const ocppVersion = 'v1.6-json';

function answering(replies) {
  return ({ action, ocppVersion: _, ...params }) => {
    if (!replies[action]) throw new Error(`nothing answers ${action}`);
    return { action, ocppVersion, ...replies[action](params) };
  };
}

async function connect({ endpoint, identity, replies }) {
  const station = new ChargePoint(encodeURIComponent(identity), answering(replies), endpoint);
  const { socket } = await station.connect();
  return {
    call: async (action, payload) => (await station.sendRequest({ action, ocppVersion, payload })).unsafeCoerce(),
    close: async () => {
      station.close();
      await once(socket, 'close');
    },
  };
}

async function listen({ welcome }) {
  const answers = new Map();
  const answer = (request, { chargePointId }) => answers.get(chargePointId)(request);
  const csms = new CentralSystem(0, answer, { host: '127.0.0.1' });
  csms.addConnectionListener((chargePointId, state) => {
    if (state !== 'connected') return;
    const call = async (action, payload) => {
      const answered = await csms.sendRequest({ chargePointId, ocppVersion, action, payload });
      return answered.unsafeCoerce();
    };
    answers.set(chargePointId, answering(welcome(call)));
  });
  await once(csms.httpServer, 'listening');
  return csms.httpServer.address().port;
}

module.exports = { connect, listen, lacks: SECURITY, celsius: false };
