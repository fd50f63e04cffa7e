// The words of OCPP 2.0.1 and 2.1, as far as the two share them.
'use strict';

const { randomUUID } = require('crypto');

const DRIVER = { idToken: 'C0FFEE03', type: 'ISO14443' };
const REMOTE_DRIVER = { idToken: 'C0FFEE04', type: 'Central' };
const UPDATE_STEPS = ['Downloading', 'Downloaded', 'Installing', 'Installed'];
const INTERVAL = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };

const now = () => new Date().toISOString();
const inAnHour = () => new Date(Date.now() + 3600e3).toISOString();
const accepted = () => ({ status: 'Accepted' });
const empty = () => ({});

class Station {
  constructor(call) {
    this.call = call;
    this.energy = 5000;
    this.transactionId = null;
    this.stopAsked = false;
    this.replies = {
      GetVariables: ({ getVariableData }) => ({
        getVariableResult: getVariableData.map(({ component, variable }) => ({
          component, variable, attributeStatus: 'Accepted', attributeValue: '300',
        })),
      }),
      SetVariables: ({ setVariableData }) => ({
        setVariableResult: setVariableData.map(({ component, variable }) => ({
          component, variable, attributeStatus: 'Accepted',
        })),
      }),
      GetBaseReport: accepted,
      TriggerMessage: accepted,
      ChangeAvailability: accepted,
      DataTransfer: () => ({ status: 'UnknownVendorId' }),
      ClearCache: accepted,
      GetLocalListVersion: () => ({ versionNumber: 0 }),
      SendLocalList: accepted,
      SetChargingProfile: accepted,
      GetCompositeSchedule: ({ evseId, duration }) => ({
        status: 'Accepted',
        schedule: {
          evseId, duration, scheduleStart: now(), chargingRateUnit: 'W',
          chargingSchedulePeriod: [{ startPeriod: 0, limit: 7360.1 }],
        },
      }),
      ClearChargingProfile: accepted,
      ReserveNow: accepted,
      CancelReservation: accepted,
      UnlockConnector: () => ({ status: 'Unlocked' }),
      GetLog: () => ({ status: 'Accepted', filename: 'diagnostics.tar.gz' }),
      UpdateFirmware: accepted,
      RequestStartTransaction: accepted,
      GetTransactionStatus: ({ transactionId }) => ({
        ongoingIndicator: transactionId === this.transactionId, messagesInQueue: false,
      }),
      RequestStopTransaction: ({ transactionId }) => {
        this.stopAsked = transactionId === this.transactionId;
        return { status: this.stopAsked ? 'Accepted' : 'Rejected' };
      },
      Reset: accepted,
    };
  }

  async boot() {
    await this.call('BootNotification', {
      reason: 'PowerUp',
      chargingStation: { vendorName: 'Nodeling', model: 'Strict 2x', firmwareVersion: '2.2.1' },
    });
    await this.report('Available');
  }

  report(connectorStatus) {
    return this.call('StatusNotification', { timestamp: now(), connectorStatus, evseId: 1, connectorId: 1 });
  }

  async charge(remote) {
    await this.report('Occupied');
    if (!remote) await this.call('Authorize', { idToken: DRIVER });
    this.transactionId = randomUUID();
    this.seqNo = 0;
    await this.event('Started', remote ? 'RemoteStart' : 'Authorized', 'Transaction.Begin',
      remote ? { chargingState: 'Charging', remoteStartId: remote.remoteStartId } : { chargingState: 'Charging' },
      { evse: { id: 1, connectorId: 1 }, idToken: remote ? remote.idToken : DRIVER });
    for (let reading = 0; reading < (remote ? 500 : 2) && !this.stopAsked; reading += 1) {
      await this.event('Updated', 'MeterValuePeriodic', 'Sample.Periodic', { chargingState: 'Charging' });
    }
    await this.event('Ended', this.stopAsked ? 'RemoteStop' : 'EVDeparted', 'Transaction.End',
      { chargingState: 'Idle', stoppedReason: this.stopAsked ? 'Remote' : 'EVDisconnected' });
    this.transactionId = null;
    this.stopAsked = false;
    await this.report('Available');
  }

  async event(eventType, triggerReason, context, info, more = {}) {
    await this.call('TransactionEvent', {
      eventType, triggerReason, timestamp: now(), seqNo: this.seqNo,
      transactionInfo: { transactionId: this.transactionId, ...info },
      meterValue: [this.reading(context)], ...more,
    });
    this.seqNo += 1;
  }

  reading(context) {
    this.energy += 120.5;
    const energy = {
      value: this.energy, context, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh' },
    };
    return { timestamp: now(), sampledValue: [energy] };
  }

  async extras() {
    await this.call('DataTransfer', { vendorId: 'example.nodeling', messageId: 'greeting', data: { hello: [1, 2] } });
    await this.call('SecurityEventNotification', { type: 'SettingSystemTime', timestamp: now() });
  }

  async followUp(action, params) {
    if (action === 'GetBaseReport') await this.call('NotifyReport', this.reportFor(params.requestId));
    if (action === 'TriggerMessage') {
      await this.call('MeterValues', { evseId: 1, meterValue: [this.reading('Trigger')] });
    }
    if (action === 'ChangeAvailability') await this.report('Available');
    const statuses = { GetLog: ['Uploading', 'Uploaded'], UpdateFirmware: UPDATE_STEPS }[action];
    const notification = action === 'GetLog' ? 'LogStatusNotification' : 'FirmwareStatusNotification';
    if (statuses) for (const status of statuses) await this.call(notification, { status, requestId: params.requestId });
    if (action === 'RequestStartTransaction') await this.charge(params);
  }

  reportFor(requestId) {
    const entry = { ...INTERVAL, variableAttribute: [{ value: '300', mutability: 'ReadWrite' }] };
    return { requestId, generatedAt: now(), seqNo: 0, tbc: false, reportData: [entry] };
  }
}

class Csms {
  constructor() {
    this.remoteTransaction = null;
    this.remoteRuns = false;
    this.replies = {
      BootNotification: () => ({ status: 'Accepted', currentTime: now(), interval: 300 }),
      Heartbeat: () => ({ currentTime: now() }),
      Authorize: () => ({ idTokenInfo: { status: 'Accepted' } }),
      StatusNotification: empty,
      MeterValues: empty,
      NotifyReport: empty,
      TransactionEvent: ({ eventType, transactionInfo, idToken }) => {
        if (transactionInfo.remoteStartId) this.remoteTransaction = transactionInfo.transactionId;
        this.remoteRuns = eventType === 'Updated' && transactionInfo.transactionId === this.remoteTransaction;
        return idToken ? { idTokenInfo: { status: 'Accepted' } } : {};
      },
      DataTransfer: accepted,
      FirmwareStatusNotification: empty,
      LogStatusNotification: empty,
      SecurityEventNotification: empty,
    };
    const profile = {
      id: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative',
      chargingSchedule: [{ id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 21.4 }] }],
    };
    const aboutRemote = () => this.remoteRuns && { transactionId: this.remoteTransaction };
    this.questions = [
      ['GetVariables', () => ({ getVariableData: [INTERVAL] })],
      ['SetVariables', () => ({ setVariableData: [{ ...INTERVAL, attributeValue: '300' }] })],
      ['GetBaseReport', () => ({ requestId: 1, reportBase: 'FullInventory' })],
      ['TriggerMessage', () => ({ requestedMessage: 'MeterValues', evse: { id: 1 } })],
      ['ChangeAvailability', () => ({ operationalStatus: 'Operative', evse: { id: 1, connectorId: 1 } })],
      ['DataTransfer', () => ({ vendorId: 'example.nodeling', data: { hello: [1, 2] } })],
      ['ClearCache', empty],
      ['GetLocalListVersion', empty],
      ['SendLocalList', () => ({
        versionNumber: 1, updateType: 'Full',
        localAuthorizationList: [{ idToken: DRIVER, idTokenInfo: { status: 'Accepted' } }],
      })],
      ['SetChargingProfile', () => ({ evseId: 1, chargingProfile: profile })],
      ['GetCompositeSchedule', () => ({ evseId: 1, duration: 3600, chargingRateUnit: 'W' })],
      ['ClearChargingProfile', () => ({ chargingProfileId: 1 })],
      ['ReserveNow', () => ({ id: 1, expiryDateTime: inAnHour(), idToken: REMOTE_DRIVER, evseId: 1 })],
      ['CancelReservation', () => ({ reservationId: 1 })],
      ['UnlockConnector', () => ({ evseId: 1, connectorId: 1 })],
      ['GetLog', () => ({
        requestId: 2, logType: 'DiagnosticsLog', log: { remoteLocation: 'ftp://files.example/logs/' },
      })],
      ['UpdateFirmware', () => ({
        requestId: 3, firmware: { location: 'ftp://files.example/firmware.bin', retrieveDateTime: now() },
      })],
      ['RequestStartTransaction', () => ({ evseId: 1, remoteStartId: 7, idToken: REMOTE_DRIVER })],
      ['GetTransactionStatus', aboutRemote],
      ['RequestStopTransaction', aboutRemote],
      ['Reset', () => ({ type: 'OnIdle' })],
    ];
  }
}

module.exports = { Station, Csms };
