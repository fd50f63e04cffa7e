// Strict mode for every version. ocpp-rpc 2.2.1 looks for schemas named `urn:X.req` and `urn:X.conf`, and has those of
// OCPP 2.1 under `urn:XRequest` and `urn:XResponse`: without new names for them, its strict mode refuses every 2.1 call.
'use strict';

const { createValidator } = require('ocpp-rpc');
const schemas21 = require('ocpp-rpc/lib/schemas/ocpp2_1.json');

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

module.exports = {
  strictMode: true,
  strictModeValidators: [createValidator('ocpp2.1', schemas21.map(named))],
};
