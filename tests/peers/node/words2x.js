// The words of OCPP 2.0.1 and 2.1, as far as the two share them.
'use strict';

const { randomUUID } = require('crypto');
const { SKIP } = require('./asking');
const { CERTIFICATE, REQUEST, hashData } = require('./paper');
const words21 = require('./words21');

const DRIVER = { idToken: 'C0FFEE03', type: 'ISO14443' };
const REMOTE_DRIVER = { idToken: 'C0FFEE04', type: 'Central' };
const FOLLOWS = {
  GetLog: ['LogStatusNotification', ['Uploading', 'Uploaded']],
  UpdateFirmware: ['FirmwareStatusNotification', ['Downloading', 'Downloaded', 'Installing', 'Installed']],
};
const INTERVAL = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };

const now = () => new Date().toISOString();
const inAnHour = () => new Date(Date.now() + 3600e3).toISOString();
const accepted = () => ({ status: 'Accepted' });
const empty = () => ({});

const PROFILE = {
  id: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Relative',
  chargingSchedule: [{ id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 21.4 }] }],
};
const MESSAGE = { id: 1, priority: 'NormalCycle', message: { format: 'UTF8', content: 'Out of tea' } };
const MONITOR = { value: 10, type: 'Delta', severity: 5 };
const CHECKSUM = '9e107d9d372bb6826bd81d3542a419d6';

class Station {
  constructor(call, plate, { version }) {
    this.call = call;
    this.plate = plate;
    this.version = version;
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
      GetReport: accepted,
      SetMonitoringBase: accepted,
      SetMonitoringLevel: accepted,
      SetVariableMonitoring: ({ setMonitoringData }) => ({
        setMonitoringResult: setMonitoringData.map(({ type, severity, component, variable }) => ({
          id: 1, status: 'Accepted', type, severity, component, variable,
        })),
      }),
      GetMonitoringReport: accepted,
      ClearVariableMonitoring: ({ id }) => ({
        clearMonitoringResult: id.map((each) => ({ id: each, status: 'Accepted' })),
      }),
      CustomerInformation: accepted,
      SetDisplayMessage: accepted,
      GetDisplayMessages: accepted,
      ClearDisplayMessage: accepted,
      CostUpdated: empty,
      GetChargingProfiles: accepted,
      SetNetworkProfile: accepted,
      InstallCertificate: accepted,
      GetInstalledCertificateIds: () => ({
        status: 'Accepted',
        certificateHashDataChain: [{ certificateType: 'V2GRootCertificate', certificateHashData: hashData }],
      }),
      DeleteCertificate: accepted,
      CertificateSigned: accepted,
      PublishFirmware: accepted,
      UnpublishFirmware: () => ({ status: 'Unpublished' }),
      ...(version === '2.1' ? words21.stationReplies : {}),
      Reset: accepted,
    };
  }

  async boot() {
    const { vendor, model, firmware } = this.plate;
    await this.call('BootNotification', {
      reason: 'PowerUp', chargingStation: { vendorName: vendor, model, firmwareVersion: firmware },
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
    if (!remote) await this.tellOfTheCar();
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

  async tellOfTheCar() {
    await this.call('NotifyEVChargingNeeds', {
      evseId: 1,
      chargingNeeds: {
        requestedEnergyTransfer: 'AC_three_phase',
        acChargingParameters: { energyAmount: 20000, evMinCurrent: 6, evMaxCurrent: 32, evMaxVoltage: 400 },
      },
    });
    await this.call('NotifyEVChargingSchedule', {
      timeBase: now(), evseId: 1,
      chargingSchedule: {
        id: 1, chargingRateUnit: 'W', duration: 3600, chargingSchedulePeriod: [{ startPeriod: 0, limit: 11000 }],
      },
    });
    if (this.version === '2.1') await words21.tellOfTheTransaction(this.call, this.transactionId);
  }

  async extras() {
    await this.call('DataTransfer', { vendorId: 'example.nodeling', messageId: 'greeting', data: { hello: [1, 2] } });
    await this.call('SecurityEventNotification', { type: 'SettingSystemTime', timestamp: now() });
    await this.call('NotifyEvent', {
      generatedAt: now(), seqNo: 0, tbc: false,
      eventData: [{
        eventId: 1, timestamp: now(), trigger: 'Alerting', actualValue: 'true',
        eventNotificationType: 'HardWiredNotification', component: { name: 'ChargingStation' },
        variable: { name: 'Problem' },
      }],
    });
    await this.call('NotifyChargingLimit', { chargingLimit: { chargingLimitSource: 'SO', isGridCritical: false } });
    await this.call('ClearedChargingLimit', { chargingLimitSource: 'SO' });
    await this.call('SignCertificate', { csr: REQUEST, certificateType: 'ChargingStationCertificate' });
    await this.call('GetCertificateStatus', {
      ocspRequestData: { ...hashData, responderURL: 'http://ocsp.example/' },
    });
    await this.call('Get15118EVCertificate', {
      iso15118SchemaVersion: 'urn:iso:15118:2:2013:MsgDef', action: 'Install', exiRequest: 'gJgC',
    });
    if (this.version === '2.1') await words21.extras(this.call);
  }

  async followUp(action, { requestId, ...params }) {
    const [notification, statuses] = FOLLOWS[action] ?? [];
    for (const status of statuses ?? []) await this.call(notification, { status, requestId });
    const report = this.reportFor(action, requestId);
    if (report) await this.call(...report);
    if (action === 'TriggerMessage') await this.call('MeterValues', { evseId: 1, meterValue: [this.reading('Trigger')] });
    if (action === 'ChangeAvailability') await this.report('Available');
    if (action === 'PublishFirmware') await this.publish(requestId);
    if (action === 'ReserveNow' && params.id === 2) {
      await this.call('ReservationStatusUpdate', { reservationId: 2, reservationUpdateStatus: 'Removed' });
    }
    if (action === 'RequestStartTransaction') await this.charge(params);
  }

  async publish(requestId) {
    for (const status of ['DownloadScheduled', 'Downloading', 'Downloaded', 'ChecksumVerified']) {
      await this.call('PublishFirmwareStatusNotification', { status, requestId });
    }
    await this.call('PublishFirmwareStatusNotification', {
      status: 'Published', requestId, location: ['http://192.0.2.1/firmware.bin'],
    });
  }

  // Returns the message that brings what was asked for, if that takes one.
  reportFor(action, requestId) {
    const head = { requestId, generatedAt: now(), seqNo: 0, tbc: false };
    const variables = [{ ...INTERVAL, variableAttribute: [{ value: '300', mutability: 'ReadWrite' }] }];
    const monitor = { ...MONITOR, id: 1, transaction: false };
    if (this.version === '2.1') monitor.eventNotificationType = 'CustomMonitor';
    return {
      GetBaseReport: ['NotifyReport', { ...head, reportData: variables }],
      GetReport: ['NotifyReport', { ...head, reportData: variables }],
      GetMonitoringReport: ['NotifyMonitoringReport', { ...head, monitor: [{ ...INTERVAL, variableMonitoring: [monitor] }] }],
      CustomerInformation: ['NotifyCustomerInformation', { ...head, data: 'charged twice' }],
      GetDisplayMessages: ['NotifyDisplayMessages', { requestId, tbc: false, messageInfo: [MESSAGE] }],
      GetChargingProfiles: ['ReportChargingProfiles', {
        requestId, chargingLimitSource: 'CSO', evseId: 1, tbc: false, chargingProfile: [PROFILE],
      }],
      GetDERControl: ['ReportDERControl', { requestId, tbc: false }],
    }[action];
  }
}

class Csms {
  constructor(version) {
    this.signs = false;
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
      NotifyEvent: empty,
      NotifyMonitoringReport: empty,
      NotifyCustomerInformation: empty,
      NotifyDisplayMessages: empty,
      ReportChargingProfiles: empty,
      NotifyChargingLimit: empty,
      ClearedChargingLimit: empty,
      NotifyEVChargingNeeds: () => ({ status: 'Rejected' }),
      NotifyEVChargingSchedule: accepted,
      ReservationStatusUpdate: empty,
      PublishFirmwareStatusNotification: empty,
      SignCertificate: () => {
        this.signs = true;
        return { status: 'Accepted' };
      },
      GetCertificateStatus: () => ({ status: 'Accepted', ocspResult: 'MAMKAQE=' }),
      Get15118EVCertificate: () => ({ status: 'Accepted', exiResponse: 'gJgC' }),
      ...(version === '2.1' ? words21.csmsReplies : {}),
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
      ['SetChargingProfile', () => ({ evseId: 1, chargingProfile: PROFILE })],
      ['GetChargingProfiles', () => ({
        requestId: 8, chargingProfile: { chargingProfilePurpose: 'TxDefaultProfile' },
      })],
      ['GetCompositeSchedule', () => ({ evseId: 1, duration: 3600, chargingRateUnit: 'W' })],
      ['ClearChargingProfile', () => ({ chargingProfileId: 1 })],
      ['ReserveNow', () => ({ id: 1, expiryDateTime: inAnHour(), idToken: REMOTE_DRIVER, evseId: 1 })],
      ['CancelReservation', () => ({ reservationId: 1 })],
      ['ReserveNow', () => ({ id: 2, expiryDateTime: inAnHour(), idToken: REMOTE_DRIVER, evseId: 1 })],
      ['UnlockConnector', () => ({ evseId: 1, connectorId: 1 })],
      ['GetLog', () => ({
        requestId: 2, logType: 'DiagnosticsLog', log: { remoteLocation: 'ftp://files.example/logs/' },
      })],
      ['UpdateFirmware', () => ({
        requestId: 3, firmware: { location: 'ftp://files.example/firmware.bin', retrieveDateTime: now() },
      })],
      ['GetReport', () => ({ requestId: 4, componentVariable: [INTERVAL] })],
      ['SetMonitoringBase', () => ({ monitoringBase: 'All' })],
      ['SetMonitoringLevel', () => ({ severity: 5 })],
      ['SetVariableMonitoring', () => ({ setMonitoringData: [{ ...MONITOR, ...INTERVAL }] })],
      ['GetMonitoringReport', () => ({ requestId: 5 })],
      ['ClearVariableMonitoring', () => ({ id: [1] })],
      ['CustomerInformation', () => ({ requestId: 6, report: true, clear: false, idToken: DRIVER })],
      ['SetDisplayMessage', () => ({ message: MESSAGE })],
      ['GetDisplayMessages', () => ({ requestId: 7 })],
      ['ClearDisplayMessage', () => ({ id: 1 })],
      ['SetNetworkProfile', () => ({
        configurationSlot: 2,
        connectionData: {
          ocppVersion: 'OCPP20', ocppTransport: 'JSON', ocppCsmsUrl: 'wss://csms.example/ocpp', messageTimeout: 30,
          securityProfile: 2, ocppInterface: 'Wired0',
        },
      })],
      ['InstallCertificate', () => ({ certificateType: 'V2GRootCertificate', certificate: CERTIFICATE })],
      ['GetInstalledCertificateIds', () => ({ certificateType: ['V2GRootCertificate'] })],
      ['DeleteCertificate', () => ({ certificateHashData: hashData })],
      ['CertificateSigned', () => (this.signs
        ? { certificateChain: CERTIFICATE, certificateType: 'ChargingStationCertificate' }
        : SKIP)],
      ['PublishFirmware', () => ({ location: 'https://files.example/firmware.bin', checksum: CHECKSUM, requestId: 9 })],
      ['UnpublishFirmware', () => ({ checksum: CHECKSUM })],
      ...(version === '2.1' ? words21.questions : []),
      ['RequestStartTransaction', () => ({ evseId: 1, remoteStartId: 7, idToken: REMOTE_DRIVER })],
      ['GetTransactionStatus', aboutRemote],
      ['CostUpdated', () => this.remoteRuns && { totalCost: 1.5, transactionId: this.remoteTransaction }],
      ...(version === '2.1' ? words21.questionsAbout(aboutRemote) : []),
      ['RequestStopTransaction', aboutRemote],
      ['Reset', () => ({ type: 'OnIdle' })],
    ];
  }
}

module.exports = { Station, Csms };
