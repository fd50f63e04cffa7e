// node station.js LIBRARY VERSION ENDPOINT...: one full charging session with each CSMS, until it asks for a reset.
// Prints the endpoint of each when it is done with it.
'use strict';

async function visit(library, version, endpoint) {
  const { Station } = require(version === '1.6' ? './words16' : './words2x');
  const { connect, lacks = [], celsius } = require(`./libraries/${library}`);
  const chores = [];
  // What is refused is for the hub to see; the session goes on.
  const call = async (action, params) => (
    lacks.includes(action) ? {} : Promise.resolve(connection.call(action, params)).catch(() => ({}))
  );
  const plate = { vendor: library, model: 'Nodeling', firmware: version };
  const station = new Station(call, plate, { version, celsius });
  const following = (action, reply) => (params) => {
    chores.push([action, params]);
    return reply(params);
  };
  const offered = Object.entries(station.replies).filter(([action]) => !lacks.includes(action));
  const replies = Object.fromEntries(offered.map(([action, reply]) => [action, following(action, reply)]));
  const connection = await connect({ endpoint, identity: `NODE|${library}`, version, replies });

  await station.boot();
  await call('Heartbeat', {});
  await station.charge();
  await station.extras();
  for (;;) {
    const [action, params] = chores.shift() ?? ['Wait'];
    if (action === 'Reset') break;
    if (action === 'Wait') await call('Heartbeat', {});
    else await station.followUp(action, params);
  }
  await connection.close();
  console.log(endpoint);
}

async function main(library, version, ...endpoints) {
  for (const endpoint of endpoints) await visit(library, version, endpoint);
  process.exit(0); // some libraries leave timers behind
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
