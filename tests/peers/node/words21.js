// What OCPP 2.1 has that 2.0.1 has not.
'use strict';

const { hashData } = require('./paper');

const DRIVER = { idToken: 'C0FFEE03', type: 'ISO14443' };
const TARIFF = { tariffId: 'tea', currency: 'EUR', energy: { prices: [{ priceKwh: 0.31 }] } };
const STREAM = { id: 1, params: { interval: 60, values: 10 }, variableMonitoringId: 1 };

const now = () => new Date().toISOString();
const accepted = () => ({ status: 'Accepted' });
const empty = () => ({});

const stationReplies = {
  SetDefaultTariff: accepted,
  GetTariffs: () => ({
    status: 'Accepted', tariffAssignments: [{ tariffId: 'tea', tariffKind: 'DefaultTariff', evseIds: [1] }],
  }),
  ClearTariffs: () => ({ clearTariffsResult: [{ tariffId: 'tea', status: 'Accepted' }] }),
  ChangeTransactionTariff: accepted,
  SetDERControl: accepted,
  GetDERControl: accepted,
  ClearDERControl: accepted,
  AFRRSignal: accepted,
  GetPeriodicEventStream: () => ({ constantStreamData: [STREAM] }),
  AdjustPeriodicEventStream: accepted,
  RequestBatterySwap: () => ({ status: 'Rejected' }),
  UsePriorityCharging: accepted,
  UpdateDynamicSchedule: () => ({ status: 'Rejected' }),
  NotifyAllowedEnergyTransfer: accepted,
  NotifyWebPaymentStarted: empty,
};

const csmsReplies = {
  NotifyPriorityCharging: empty,
  NotifySettlement: empty,
  NotifyDERAlarm: empty,
  NotifyDERStartStop: empty,
  ReportDERControl: empty,
  OpenPeriodicEventStream: accepted,
  ClosePeriodicEventStream: empty,
  BatterySwap: empty,
  PullDynamicScheduleUpdate: () => ({ status: 'Rejected' }),
  GetCertificateChainStatus: ({ certificateStatusRequests }) => ({
    certificateStatus: certificateStatusRequests.map(({ certificateHashData, source }) => ({
      certificateHashData, source, status: 'Good', nextUpdate: now(),
    })),
  }),
  VatNumberValidation: ({ vatNumber }) => ({ vatNumber, status: 'Accepted' }),
};

const questions = [
  ['SetDefaultTariff', () => ({ evseId: 1, tariff: TARIFF })],
  ['GetTariffs', () => ({ evseId: 1 })],
  ['ClearTariffs', () => ({ tariffIds: ['tea'] })],
  ['SetDERControl', () => ({
    isDefault: true, controlId: 'gradient', controlType: 'Gradients',
    gradient: { priority: 1, gradient: 2, softGradient: 3 },
  })],
  ['GetDERControl', () => ({ requestId: 11 })],
  ['ClearDERControl', () => ({ isDefault: true, controlId: 'gradient' })],
  ['AFRRSignal', () => ({ timestamp: now(), signal: 1 })],
  ['GetPeriodicEventStream', empty],
  ['AdjustPeriodicEventStream', () => ({ id: 1, params: { interval: 30, values: 10 } })],
  ['RequestBatterySwap', () => ({ requestId: 12, idToken: DRIVER })],
  ['UpdateDynamicSchedule', () => ({ chargingProfileId: 9, scheduleUpdate: { limit: 16 } })],
  ['NotifyWebPaymentStarted', () => ({ evseId: 1, timeout: 60 })],
];

// Returns the questions about a transaction that runs; `about` gives its transactionId, or false while it does not.
function questionsAbout(about) {
  const asking = (more) => () => about() && { ...about(), ...more };
  return [
    ['ChangeTransactionTariff', asking({ tariff: TARIFF })],
    ['UsePriorityCharging', asking({ activate: true })],
    ['NotifyAllowedEnergyTransfer', asking({ allowedEnergyTransfer: ['AC_three_phase'] })],
  ];
}

async function tellOfTheTransaction(call, transactionId) {
  await call('NotifyPriorityCharging', { transactionId, activated: true });
  await call('NotifySettlement', {
    pspRef: 'psp-1', transactionId, status: 'Settled', settlementAmount: 1.5, settlementTime: now(),
  });
}

async function extras(call) {
  await call('NotifyDERAlarm', { controlType: 'Gradients', timestamp: now(), gridEventFault: 'OverVoltage' });
  await call('NotifyDERStartStop', { controlId: 'gradient', started: true, timestamp: now() });
  await call('OpenPeriodicEventStream', { constantStreamData: STREAM });
  await call('ClosePeriodicEventStream', { id: STREAM.id });
  await call('BatterySwap', {
    requestId: 13, eventType: 'BatteryIn', idToken: DRIVER,
    batteryData: [{ evseId: 1, serialNumber: 'B1', soC: 40, soH: 95 }],
  });
  await call('PullDynamicScheduleUpdate', { chargingProfileId: 9 });
  await call('GetCertificateChainStatus', {
    certificateStatusRequests: [{ certificateHashData: hashData, source: 'OCSP', urls: ['http://ocsp.example/'] }],
  });
  await call('VatNumberValidation', { vatNumber: 'NL123456789B01' });
}

module.exports = { csmsReplies, extras, questions, questionsAbout, stationReplies, tellOfTheTransaction };
