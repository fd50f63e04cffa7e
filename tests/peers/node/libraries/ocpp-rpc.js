// npm's ocpp-rpc in strict mode. It looks for schemas named `urn:X.req` and `urn:X.conf`, and has those of OCPP 2.1 under
// `urn:XRequest` and `urn:XResponse`: without new names for them, its strict mode refuses every 2.1 call.
'use strict';

const { RPCClient, RPCServer, createValidator } = require('ocpp-rpc');
const schemas21 = require('ocpp-rpc/lib/schemas/ocpp2_1.json');

const strict = {
  strictMode: true,
  strictModeValidators: [createValidator('ocpp2.1', schemas21.map(named))],
};

function named(schema) {
  return {
    ...schema,
    $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf'),
    definitions: Object.fromEntries(Object.entries(schema.definitions ?? {}).map(quiet)),
  };
}

// An enumeration of strings says "additionalProperties": false, to no effect; the validator would remark on each.
function quiet([name, { additionalProperties, ...definition }]) {
  return [name, 'enum' in definition ? definition : { ...definition, additionalProperties }];
}

function attend(client, replies) {
  for (const [action, reply] of Object.entries(replies)) client.handle(action, ({ params }) => reply(params));
}

async function connect({ endpoint, identity, version, replies }) {
  const client = new RPCClient({ endpoint, identity, protocols: [`ocpp${version}`], reconnect: false, ...strict });
  attend(client, replies);
  await client.connect();
  return {
    call: (action, params) => client.call(action, params),
    close: () => client.close({ code: 1000, awaitPending: true }),
  };
}

async function listen({ version, welcome }) {
  const server = new RPCServer({ protocols: [`ocpp${version}`], ...strict });
  server.on('client', (client) => {
    attend(client, welcome((action, params) => client.call(action, params)));
  });
  const listening = await server.listen(0, '127.0.0.1');
  return listening.address().port;
}

module.exports = { connect, listen };
