// npm's ocpp-ts: OCPP 1.6 without its security extension. It checks what it is asked, not what it is answered, by schemas that have
// Celcius where OCPP has Celsius.
'use strict';

const net = require('net');
const { once } = require('events');
const { OcppClient, OcppServer } = require('ocpp-ts');
const { SECURITY } = require('../extensions');

function attend(client, replies) {
  for (const [action, reply] of Object.entries(replies)) {
    client.on(action, (params, respond) => respond(reply(params)));
  }
}

async function connect({ endpoint, identity, replies }) {
  const client = new OcppClient(encodeURIComponent(identity));
  attend(client, replies);
  client.connect(`${endpoint}/`);
  await once(client, 'connect'); // or throws what an "error" brings
  return {
    call: (action, params) => client.callRequest(action, params),
    // It has no function that closes: this is its socket.
    close: async () => {
      client.connection.socket.close(1000);
      await once(client, 'close');
    },
  };
}

async function listen({ welcome }) {
  const server = new OcppServer();
  server.on('connection', (client) => {
    attend(client, welcome((action, params) => client.callRequest(action, params)));
  });
  const port = await freePort(); // it does not tell which one it got
  server.listen(port);
  return port;
}

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

module.exports = { connect, listen, lacks: SECURITY, celsius: false };
