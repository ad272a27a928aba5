import { ownUrl } from '../lib/env';
import { LiveSource } from './live';

/** The event stream of this tab. */
export const live = new LiveSource({ url: ownUrl('/api/v1/events'), replay: 50 });
