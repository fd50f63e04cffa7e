// npm's ocpp-ws-io in strict mode.
'use strict';

const { OCPPClient, OCPPServer } = require('ocpp-ws-io');

const settings = (version) => ({
  protocols: [`ocpp${version}`], strictMode: true, logging: false,
  // One peer of 1.6 answers with what it takes for malformed; it drops that, and would wait for 30 s.
  ...(version === '1.6' && { callTimeoutMs: 1000 }),
});

function attend(client, version, replies) {
  for (const [action, reply] of Object.entries(replies)) {
    client.handle(`ocpp${version}`, action, ({ params }) => reply(params));
  }
}

async function connect({ endpoint, identity, version, replies }) {
  const client = new OCPPClient({ endpoint, identity, reconnect: false, ...settings(version) });
  attend(client, version, replies);
  await client.connect();
  return {
    call: (action, params) => client.call(`ocpp${version}`, action, params),
    close: () => client.close({ code: 1000, awaitPending: true }),
  };
}

async function listen({ version, welcome }) {
  const server = new OCPPServer(settings(version));
  server.on('client', (client) => {
    const call = (action, params) => client.call(`ocpp${version}`, action, params);
    attend(client, version, welcome(call));
  });
  const listening = await server.listen(0, '127.0.0.1');
  return listening.address().port;
}

module.exports = { connect, listen };
