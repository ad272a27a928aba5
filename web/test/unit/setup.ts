import { i18n } from '@lingui/core';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';
import { messages } from '../../src/locales/en.po';

i18n.loadAndActivate({ locale: 'en', messages });

// It bounds a hang: a busy machine may stand still for seconds.
configure({ asyncUtilTimeout: 20_000 });

afterEach(cleanup);
