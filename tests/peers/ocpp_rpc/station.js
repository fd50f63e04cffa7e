// node station.js ENDPOINT VERSION: one full charging session, until the CSMS asks for a reset.
// Prints one line of JSON at the end: {"finished": true, "complaints": [...]}.
'use strict';

const { RPCClient } = require('ocpp-rpc');
const strict = require('./strict');

async function main(endpoint, version) {
  const { Station } = require(version === '1.6' ? './words16' : './words2x');
  const client = new RPCClient({
    endpoint, identity: 'NODE|1', protocols: [`ocpp${version}`], reconnect: false, ...strict,
  });
  const complaints = [];
  client.on('strictValidationFailure', ({ method, error }) => complaints.push(`${method}: ${error.message}`));
  client.on('badMessage', ({ error }) => complaints.push(error.message));

  const chores = [];
  const station = new Station((action, params) => client.call(action, params));
  for (const [action, reply] of Object.entries(station.replies)) {
    client.handle(action, ({ params }) => {
      chores.push([action, params]);
      return reply(params);
    });
  }

  await client.connect();
  await station.boot();
  await client.call('Heartbeat', {});
  await station.charge();
  await station.extras();
  for (;;) {
    const [action, params] = chores.shift() ?? ['Wait'];
    if (action === 'Reset') break;
    if (action === 'Wait') await client.call('Heartbeat', {});
    else await station.followUp(action, params);
  }
  await client.close({ code: 1000, awaitPending: true });
  console.log(JSON.stringify({ finished: true, complaints }));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
