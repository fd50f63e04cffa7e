// node csms.js VERSION: a CSMS on a free port of loopback, until its standard input ends.
// Prints one line of JSON when it listens: {"port": 12345}, and one for each complaint.
'use strict';

const { RPCServer } = require('ocpp-rpc');
const strict = require('./strict');

async function main(version) {
  const { Csms } = require(version === '1.6' ? './words16' : './words2x');
  const server = new RPCServer({ protocols: [`ocpp${version}`], ...strict });
  server.on('client', (client) => converse(client, new Csms()));
  const listening = await server.listen(0, '127.0.0.1');
  console.log(JSON.stringify({ port: listening.address().port }));
  process.stdin.on('end', () => process.exit(0)).resume();
}

function converse(client, csms) {
  const complain = (text) => console.log(JSON.stringify({ complaint: text }));
  client.on('strictValidationFailure', ({ method, error }) => complain(`${method}: ${error.message}`));
  client.on('badMessage', ({ error }) => complain(error.message));

  let asking = false;
  async function ask() {
    const payload = !asking && csms.questions.length && csms.questions[0][1]();
    if (!payload) return;
    const [action] = csms.questions.shift();
    asking = true;
    await client.call(action, payload).catch((error) => complain(`${action}: ${error.message}`));
    asking = false;
  }
  for (const [action, reply] of Object.entries(csms.replies)) {
    client.handle(action, ({ params }) => {
      setImmediate(ask); // after this answer has been sent
      return reply(params);
    });
  }
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
